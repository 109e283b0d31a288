import { useLocalStorage } from '@mantine/hooks'

/** What the reader measures ways in. */
export type DistanceUnit = 'km' | 'mi'

const KEY = 'telltale.distance-unit'
/** Where signs on the road say miles. */
const MILES = /^en-(?:US|GB)\b/

function usualUnit(language: string): DistanceUnit {
  return MILES.test(language) ? 'mi' : 'km'
}

/** Chosen on this device, by the language of the browser until somebody chooses. What another page or version left in the storage is read with care. */
export function useDistanceUnit(): { unit: DistanceUnit; choose(unit: DistanceUnit): void } {
  const [unit, choose] = useLocalStorage<DistanceUnit>({ key: KEY, defaultValue: usualUnit(navigator.language), getInitialValueInEffect: false, serialize: (value) => value, deserialize: (text) => (text === 'km' || text === 'mi' ? text : usualUnit(navigator.language)) })
  return { unit, choose }
}
