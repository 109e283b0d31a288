import { useDistanceUnit } from '../text/distance-unit.ts'
import { words } from '../words.ts'
import styles from './shell.module.css'

/** Kilometres or miles, on this device. */
export function UnitSwitch() {
  const { unit, choose } = useDistanceUnit()
  const other = unit === 'km' ? 'mi' : 'km'
  return (
    <button type="button" className={styles.unit} title={words.unit.to[other]} aria-label={`${unit}: ${words.unit.to[other]}`} onClick={() => choose(other)}>
      {unit}
    </button>
  )
}
