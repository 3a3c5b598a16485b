import { ingestFiles, logSourceOptions } from '../../../src/collectors/index.ts'
import { FileLedger } from './ledger.ts'
import { createSystemWorldForTest } from './real-world.ts'

// One run of an ingest in a process of its own, which may be killed at any time: <ledger> <file>…
const [ledger = '', ...files] = process.argv.slice(2)
const options = logSourceOptions({ files, format: 'envoy-json', service: { from: 'grpc_service' } })
if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
const sink = new FileLedger(ledger)
const report = await ingestFiles(createSystemWorldForTest(), { name: 'edge', options: options.value, sink })
console.log(JSON.stringify(report))
