/** Counts of lines by minute, service and outcome, made with regular expressions and nothing of ours. */
export function countedByHand(lines: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const fields =
      /^\S+ (\S+) \S+ \S+ \S+ (\S+) (\S+) (\S+) (\d+) \S+ \d+ \d+ "\S+ (\S+) [^"]*" "([^"]*)" \S+ \S+ (\S+) "[^"]*" "[^"]*" "[^"]*" \d+ (\S+)/.exec(
        line,
      )
    if (fields === null) throw new Error(line)
    const [, end = '', a = '', b = '', c = '', code = '', url = '', agent = '', group = '', began = ''] =
      fields
    const isProbe = /^(ELB-HealthChecker|kube-probe)\//.test(agent) || /\/\/[^/]*\/grpc\.health/.test(url)
    const took =
      Number(b) < 0 ? Date.parse(end) - Date.parse(began) : 1_000 * (Number(a) + Number(b) + Number(c))
    const left = code === '460' ? (took >= 10_000 ? 'bad' : 'ignored') : undefined
    const outcome = isProbe ? 'ignored' : (left ?? (code.startsWith('5') ? 'bad' : 'good'))
    const service = /:targetgroup\/([^/]+)\//.exec(group)?.[1] ?? 'unknown_service'
    const key = `${Math.floor(Date.parse(end) / 60_000) * 60} ${service} ${outcome}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
