/** The colours by their meaning. Every pair of states stays apart for colour-blind eyes, and none is the only sign. */
export interface Theme {
  readonly surface: string
  readonly raised: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly ok: string
  readonly watch: string
  readonly burning: string
  readonly exhausted: string
  readonly unknown: string
}

export const lightTheme: Theme = {
  surface: '#ffffff',
  raised: '#f5f7f9',
  line: '#e2e6eb',
  text: '#16202b',
  muted: '#55626f',
  accent: '#1f5fd6',
  ok: '#0b6fa4',
  watch: '#b98a00',
  burning: '#b3280a',
  exhausted: '#4a1047',
  unknown: '#8a97a4',
}

export const darkTheme: Theme = {
  surface: '#0e1319',
  raised: '#161e27',
  line: '#26303b',
  text: '#e8edf2',
  muted: '#9aa7b4',
  accent: '#7fabff',
  ok: '#5cc4f7',
  watch: '#ffd970',
  burning: '#ee5a24',
  exhausted: '#b02fa8',
  unknown: '#7f8c9a',
}

/** For pages that define the colours as CSS variables of the same names: the drawing follows the page at once. */
export const variableTheme: Theme = {
  surface: 'var(--surface)',
  raised: 'var(--raised)',
  line: 'var(--line)',
  text: 'var(--text)',
  muted: 'var(--muted)',
  accent: 'var(--accent)',
  ok: 'var(--ok)',
  watch: 'var(--watch)',
  burning: 'var(--burning)',
  exhausted: 'var(--exhausted)',
  unknown: 'var(--unknown)',
}
