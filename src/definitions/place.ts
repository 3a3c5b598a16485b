/** One file of definitions as it was read. */
export interface Source {
  /** As people know it: relative to the definitions' directory. */
  readonly file: string
  /** Without byte order mark. */
  readonly text: string
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[]
}

/** A stretch of a file: UTF-16 offsets, `end` not inside. */
export interface Place {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

export function createSource(file: string, text: string): Source {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text
  const lineStarts = [0]
  for (let at = clean.indexOf('\n'); at !== -1; at = clean.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  return { file, text: clean, lineStarts }
}

export function positionOf(source: Source, offset: number): Position {
  let low = 0
  let high = source.lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 }
}

/** The line as it stands in the file, without its line ending. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1] ?? 0
  const end = source.lineStarts[line]
  return source.text.slice(start, end === undefined ? source.text.length : end - 1).replace(/\r$/, '')
}

/** `slos/checkout.yaml:12`, for messages that name a second place. */
export function placeName(place: Place): string {
  return `${place.source.file}:${positionOf(place.source, place.start).line}`
}
