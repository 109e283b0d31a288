import type { Command } from 'commander'
import type { Submitter } from '@telltale/device'
import { openHome } from '@telltale/node'
import type { DeviceProfile } from '@telltale/node'
import type { Service } from '@telltale/node/service'
import { demoCar, demoReader, initDemo } from '../demo/car.ts'
import { DEMO_DIRECTORY, hasDemo, markDemo, removeDemo } from '../demo/directory.ts'
import { demoGateway, gatewayWay } from '../demo/gateway.ts'
import { driveLive } from '../demo/live-car.ts'
import { runTerminalDemo } from '../demo/terminal-demo.ts'
import { catchInterrupts, interrupted } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { addSettings, settingsOf } from '../settings-flags.ts'

interface DemoOptions extends GlobalOptions {
  reset?: boolean
  terminal?: boolean
}

export function addDemo(program: Command): void {
  addSettings(program.command('demo'))
    .description('a network of its own with a simulated car, live in your browser')
    .option('--reset', 'begin anew')
    .option('--terminal', 'no node and no pages: the story on this terminal, with the drives in samples/')
    .addHelpText('after', `
Lies in ${DEMO_DIRECTORY} unless --data names another directory, goes on where it
stopped, and never touches a network of your own. Ctrl-C stops it.

Examples:
  telltale demo
  telltale demo --reset
  telltale demo --terminal --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DemoOptions>()
      const output = outputOf(options)
      // A directory that TELLTALE_DATA names is somebody's own.
      const directory = command.getOptionValueSourceWithGlobals('data') === 'cli' ? options.data : DEMO_DIRECTORY
      const isFirst = await prepare(directory, options.reset === true)
      if (options.terminal) await runTerminalDemo(directory, isFirst, output)
      else await runLiveDemo(command, directory, isFirst, output)
    })
}

/** Makes the demonstration where there is none; whether it did. */
async function prepare(directory: string, isReset: boolean): Promise<boolean> {
  if (isReset) await removeDemo(directory)
  const isFirst = !(await hasDemo(directory))
  if (isFirst) await initDemo(directory)
  await markDemo(directory)
  return isFirst
}

async function runLiveDemo(command: Command, directory: string, isFirst: boolean, output: Output): Promise<void> {
  const resolved = await settingsOf(command, directory)
  const isUsualPort = resolved.all.find(({ name }) => name === 'listen')?.source === 'default'
  // Nobody reads a log of a demonstration unless they asked for one.
  const isLogged = resolved.all.find(({ name }) => name === 'log-level')?.source !== 'default'
  const asked = isLogged ? resolved.settings : { ...resolved.settings, logLevel: 'fatal' }
  // Only what serves loads what serving takes.
  const { servingDocument, startServing } = await import('../serving.ts')
  const interrupts = catchInterrupts(() => output.say('Stopping.'))
  try {
    const home = await openHome({ directory, password: undefined, isServing: true })
    try {
      const profile = await demoCar(home)
      await demoReader(home)
      const settings = asked.gateway === '' ? { ...asked, gateway: await demoGateway(home) } : asked
      const wayOf = (device: DeviceProfile, service: Service): Submitter | null => (device.address === profile.address ? gatewayWay(home, service) : null)
      const serving = await startServing({ home, settings, isUsualPort, isDemo: true, output, wayOf })
      try {
        const document = servingDocument(serving, home, directory)
        output.result(document, demoText(document, isFirst))
        const device = await serving.desk?.devices.open(profile)
        if (device) await driveLive({ home, profile, device, onTrouble: (message) => output.warn(message), signal: interrupts.signal })
        else await interrupted(interrupts.signal)
      } finally {
        await serving.stop()
      }
    } finally {
      await home.close()
    }
  } finally {
    interrupts.release()
  }
}

function demoText({ link, data }: { link: string; data: string }, isFirst: boolean): string {
  return [
    isFirst ? 'A demo network with a simulated car is running. Open:' : 'The demo network goes on where it stopped. Open:',
    '',
    `  ${link}`,
    '',
    `data    ${data}`,
    'stop    Ctrl-C',
    'anew    npx telltale demo --reset',
  ].join('\n')
}
