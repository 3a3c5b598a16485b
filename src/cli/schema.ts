import { definitionsJsonSchema } from '../definitions/index.ts'
import { EXIT, type Io } from './io.ts'

/** Prints the JSON Schema of the definitions, for editors. Gives the exit code. */
export function schemaCommand(io: Pick<Io, 'stdout'>): number {
  io.stdout(`${JSON.stringify(definitionsJsonSchema(), null, 2)}\n`)
  return EXIT.ok
}
