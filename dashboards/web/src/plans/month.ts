const DAY = 86_400

/** The month that holds an instant, by a clock `offset` seconds ahead of UTC; `shift` months later. */
export function monthOf(
  at: number,
  offset: number,
  shift = 0,
): { from: number; to: number; days: number; lead: number } {
  const date = new Date((at + offset) * 1000)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth() + shift
  const from = Date.UTC(year, month, 1) / 1000 - offset
  const to = Date.UTC(year, month + 1, 1) / 1000 - offset
  // Weeks begin on Mondays.
  return { from, to, days: (to - from) / DAY, lead: (new Date((from + offset) * 1000).getUTCDay() + 6) % 7 }
}
