import { createTheme, defaultVariantColorsResolver } from '@mantine/core'
import type { VariantColorsResolver } from '@mantine/core'

/** Two kinds of button: the one thing to do, in the colour of the text, and everything else. */
const buttonColours: VariantColorsResolver = (input) => {
  if (input.variant === 'filled') return { background: 'var(--text)', hover: 'var(--muted)', color: 'var(--background)', border: '1px solid var(--text)' }
  if (input.variant === 'default') return { background: 'var(--raised)', hover: 'var(--line)', color: 'var(--text)', border: '1px solid var(--control-line)' }
  if (input.variant === 'subtle') return { background: 'transparent', hover: 'var(--line)', color: 'var(--text)', border: '1px solid transparent' }
  return defaultVariantColorsResolver(input)
}

/** Sizes and colours stand in tokens.css: the library's variables are set there, so that no style element has to be made at run time. */
export const theme = createTheme({
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  variantColorResolver: buttonColours,
  components: {
    Button: { defaultProps: { size: 'sm', variant: 'default' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Skeleton: { defaultProps: { radius: 8 } },
  },
})
