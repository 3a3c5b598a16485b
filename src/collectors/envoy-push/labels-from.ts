import type { OptionReader } from '../option-reader.ts'
import { PLACES, type Place, placeOf } from './places.ts'

/** A label, and where its value stands. */
export interface LabelFrom {
  readonly label: string
  readonly place: Place
}

/** Whether the place is one of the node's, which are known for a whole stream. */
export function nodePlaces(place: Place): boolean {
  return place.kind === 'node' || place.kind === 'node-metadata'
}

/** Reads `labelsFrom: { tenant: tag.tenant }`. `isAllowed` says which places this source has. */
export function labelsFromOf(
  reader: OptionReader,
  isAllowed: (place: Place) => boolean = () => true,
): readonly LabelFrom[] {
  return reader.entries('labelsFrom').flatMap(([label, text]) => {
    if (!/^[a-zA-Z_]\w*$/.test(label) || label.startsWith('__'))
      reader.problem(`labelsFrom.${label}`, `'${label}' is no label name`, {
        remedy: `write ${label.replace(/\W/g, '_')}`,
      })
    const place = placeOf(text)
    if (place !== undefined && isAllowed(place)) return [{ label, place }]
    reader.problem(`labelsFrom.${label}`, `'${text}' is no place`, { remedy: `write one of ${PLACES}` })
    return []
  })
}
