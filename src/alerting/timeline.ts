import type { Incident, TimelineEntry } from './model.ts'

/** A timeline keeps its beginning and its newest entries. */
export const TIMELINE_KEPT = 400
const TIMELINE_BEGINNING = 50

/** The incident with one more entry in its timeline. */
export function noted(incident: Incident, entry: TimelineEntry): Incident {
  const timeline = [...incident.timeline, entry]
  if (timeline.length > TIMELINE_KEPT) timeline.splice(TIMELINE_BEGINNING, 1)
  return { ...incident, timeline }
}
