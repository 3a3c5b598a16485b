import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { failed, ok, type Result } from '../base/index.ts'
import type { OptionReader } from './option-reader.ts'
import type { PullFailure } from './pull/index.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A secret that is read anew for each use, so that a changed one holds at once. Rejects when it cannot be read. */
export type Secret = () => Promise<string>

/** Where secrets are looked for. */
export interface SecretPlaces {
  /** Where relative paths begin. */
  readonly base: string
  readonly environment: Environment
}

/**
 * A secret by reference: `nameFile` is the path of a file that holds it, `nameEnv` the name of a variable; else the
 * variable that the field itself uses, or the file that it names with `_FILE`. Undefined when none is said.
 */
export function secretOf(
  reader: OptionReader,
  { name, variable }: { readonly name: string; readonly variable?: string },
  { base, environment }: SecretPlaces,
): Secret | undefined {
  const file = reader.text(`${name}File`)
  const own = reader.text(`${name}Env`)
  if (file !== undefined && own !== undefined)
    reader.problem(`${name}Env`, `${name} is said twice`, { remedy: `write ${name}File or ${name}Env` })
  if (file !== undefined) return fromFile(resolve(base, file))
  if (own !== undefined) return fromVariable(own, environment)
  if (variable === undefined) return undefined
  const named = environment[`${variable}_FILE`]
  if (named !== undefined && named !== '') return fromFile(resolve(base, named))
  return environment[variable] ? fromVariable(variable, environment) : undefined
}

function fromFile(path: string): Secret {
  return async () => {
    const text = (await readFile(path, 'utf8')).trim()
    if (text === '') throw new Error(`${path} is empty`)
    return text
  }
}

function fromVariable(variable: string, environment: Environment): Secret {
  return async () => {
    const text = environment[variable]?.trim()
    if (!text) throw new Error(`the variable ${variable} is not set`)
    return text
  }
}

/** All secrets at once, or why there is no asking without them. */
export async function readSecrets<const K extends string>(
  secrets: Readonly<Record<K, Secret>>,
): Promise<Result<ReadonlyMap<string, string>, PullFailure>> {
  try {
    const found = new Map<string, string>()
    for (const [name, secret] of Object.entries<Secret>(secrets)) found.set(name, await secret())
    return ok(found)
  } catch (error) {
    return failed({
      kind: 'unavailable',
      text: `a secret cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'is the file there, or the variable set, and may Nines read it?',
    })
  }
}
