import { type PerMillion, perMillion } from '../base/index.ts'
import { parseDecimal, percentText, scaled } from './decimal.ts'
import type { Report } from './report.ts'
import { get, type Node, textOf } from './tree.ts'

/** A target as the engine compares it and as people read it. */
export interface Target {
  readonly allowed: PerMillion
  /** In percent, digits as written: `99.90`. */
  readonly text: string
}

/** Reads `target` or `targetPercent` from the characters of the file. Undefined when it has a fault, which is told. */
export function readTarget(node: Node, report: Report): Target | undefined {
  const share = get(node, 'target')
  const percent = get(node, 'targetPercent')
  if (share && percent) return undefined
  if (share) return targetFrom(share, { name: 'target', places: 6, whole: '1' }, report)
  return percent && targetFrom(percent, { name: 'targetPercent', places: 4, whole: '100' }, report)
}

/** Which field, how many decimal places make one in a million, and what stands for everything. */
export interface TargetField {
  readonly name: string
  readonly places: number
  readonly whole: string
}

export function targetFrom(node: Node, field: TargetField, report: Report): Target | undefined {
  const written = textOf(node) ?? ''
  const value = parseDecimal(written)
  if (!value) {
    report.error('NINES-1303', node.place, {
      message: `${field.name} ${written} is not a decimal`,
      remedy: percentHint(written, field),
    })
    return undefined
  }
  const millionths = scaled(value, field.places)
  const share = Number(value.digits) / 10 ** value.scale
  if (share < 0 || share > Number(field.whole)) {
    report.error('NINES-1303', node.place, {
      message: `${field.name} ${written} is outside 0 to ${field.whole}`,
      remedy: outsideHint(share, written, field),
    })
    return undefined
  }
  if (millionths === 1_000_000n) {
    report.error('NINES-1301', node.place, {
      message: 'a target of 100 % leaves no budget: the first failure breaks it for the whole window',
      remedy:
        field.name === 'target'
          ? 'Write a target below 1, such as 0.9999.'
          : 'Write a target below 100, such as 99.99.',
    })
    return undefined
  }
  if (millionths === undefined) {
    report.error('NINES-1304', node.place, {
      message: `${field.name} ${written} is finer than one event in a million`,
      remedy: `Write at most ${field.places} decimal places; the highest target is ${field.whole === '1' ? '0.999999' : '99.9999'}.`,
    })
    return undefined
  }
  if (millionths === 0n)
    report.warn('NINES-1302', node.place, {
      message: 'a target of 0 promises nothing: its budget is every event',
      remedy: 'Write the share that should be good, or keep 0 to only measure.',
    })
  return {
    allowed: perMillion(Number(1_000_000n - millionths)),
    text: field.whole === '1' ? percentText(written) : written.replace(/^\+/, ''),
  }
}

function percentHint(written: string, field: TargetField): string {
  const percent = /^\s*([0-9.]+)\s*%\s*$/.exec(written)?.[1]
  if (percent !== undefined) return `Write targetPercent: ${percent}, without the sign.`
  return field.whole === '1' ? 'Write a decimal such as 0.999.' : 'Write a decimal such as 99.9.'
}

function outsideHint(share: number, written: string, field: TargetField): string {
  if (field.name === 'target' && share > 1 && share < 100) return `Write targetPercent: ${written}.`
  return `Write a number of at least 0 and below ${field.whole}.`
}
