import { resolve } from 'node:path'
import { EXIT, type Io } from '../../io.ts'
import type { DevAthenaOptions } from '../../program.ts'
import { startAwsEmulator } from './index.ts'

/** Serves the emulator until the signal, and says how a DataSource reaches it. */
export async function devAthenaCommand(
  io: Io,
  options: DevAthenaOptions,
  signal: AbortSignal,
): Promise<number> {
  const { root, port, quota, queued, running } = options
  const emulator = await startAwsEmulator({
    root: resolve(io.cwd, root),
    quota,
    queuedMs: queued,
    runningMs: running,
    ...(port === undefined ? {} : { port }),
  })
  io.stdout(`${emulator.url}\n`)
  io.stderr(
    `Athena and S3 over ${resolve(io.cwd, root)}. In a DataSource write endpoint: ${emulator.url}; any AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do.\n`,
  )
  if (!signal.aborted)
    await new Promise<void>((done) => {
      signal.addEventListener('abort', () => done(), { once: true })
    })
  await emulator.close()
  return EXIT.interrupted
}
