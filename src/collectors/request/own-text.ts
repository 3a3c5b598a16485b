/**
 * The same text in memory of its own. What is cut out of a large text keeps all of it alive, so whatever is kept for
 * longer than a line is copied first.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString()
}
