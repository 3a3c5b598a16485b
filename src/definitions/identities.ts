import { type Context, placeOf } from './context.ts'
import type { DefinedSlo } from './model.ts'
import { get } from './tree.ts'

/** Leaves out SLOs whose identity another already has; history would otherwise belong to two. */
export function withoutDoubles(slos: readonly DefinedSlo[], context: Context): readonly DefinedSlo[] {
  const owners = new Map<string, DefinedSlo>()
  return slos.filter((defined) => {
    const ids = [...new Set([defined.slo.id, ...defined.aliases])]
    const clash = ids.find((id) => owners.has(id))
    for (const id of ids) if (!owners.has(id)) owners.set(id, defined)
    const owner = clash === undefined ? undefined : owners.get(clash)
    if (clash === undefined || owner === undefined) return true
    const place = placeOfIdentity(defined, context)
    if (place)
      context.report.error('NINES-1202', place, {
        message: `the identity ${clash} belongs to the SLO ${owner.slo.name} (${owner.origin.file}:${owner.origin.line}) already`,
        remedy: 'Give one of them another name, nines.dev/id or nines.dev/aliases.',
      })
    return false
  })
}

function placeOfIdentity(defined: DefinedSlo, context: Context) {
  const document = context.registry.find('SLO', defined.slo.name)
  const metadata = get(document?.node, 'metadata')
  if (!metadata) return undefined
  const annotations = get(metadata, 'annotations')
  const named = ['nines.dev/id', 'nines.dev/aliases'].find((key) => get(annotations, key))
  return annotations && named ? placeOf(annotations, named) : placeOf(metadata, 'name')
}
