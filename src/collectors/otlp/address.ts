/** Where a server listens. */
export interface Address {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** Reads `127.0.0.1:4318`, `localhost:4318`, `[::1]:4318`. Undefined when it is none of them. */
export function addressOf(text: string): Address | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3])
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

/** `[::1]:4318`: as it stands in a URL. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
