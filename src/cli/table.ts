/** How many columns a terminal gives a text: East Asian wide characters take two, combining marks none. */
export function columnsOf(text: string): number {
  let width = 0
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0
    if (/\p{Mark}/u.test(c)) continue
    width += isWide(code) ? 2 : 1
  }
  return width
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff)
  )
}

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Rows under their titles, two spaces apart. Cells may be painted: `paint` is applied after padding. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string,
): string {
  const widths = columns.map((column, i) =>
    Math.max(columnsOf(column.title), ...rows.map((row) => columnsOf(row[i] ?? ''))),
  )
  const pad = (text: string, i: number): string => {
    const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - columnsOf(text)))
    return columns[i]?.align === 'right' ? space + text : text + space
  }
  const head = columns.map((column, i) => pad(column.title, i)).join('  ')
  const body = rows.map((row, r) =>
    columns
      .map((_, i) => paint(pad(row[i] ?? '', i), i, r))
      .join('  ')
      .trimEnd(),
  )
  return `${[head.trimEnd(), ...body].join('\n')}\n`
}
