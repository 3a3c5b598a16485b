import { bytesTag, type WireReader } from '../otlp/wire.ts'
import { readStructField, type StructFields } from './struct.ts'

/** Which Envoy sends: what its bootstrap says of it, once for each stream. */
export interface EnvoyNode {
  /** `sidecar~10.0.0.7~checkout-5b7d.shop~shop.svc.cluster.local`; empty when it has none. */
  readonly id: string
  readonly cluster: string
  readonly region: string
  readonly zone: string
  /** Istio writes its workload here: `NAMESPACE`, `WORKLOAD_NAME`, `CLUSTER_ID`, … */
  readonly metadata: StructFields
}

export const UNKNOWN_NODE: EnvoyNode = { id: '', cluster: '', region: '', zone: '', metadata: new Map() }

/** `envoy.config.core.v3.Node`: 1 id, 2 cluster, 3 metadata, 4 locality. What comes in parts is one with `known`. */
export function readNode(reader: WireReader, known: EnvoyNode = UNKNOWN_NODE): EnvoyNode {
  const outer = reader.enter()
  let { id, cluster, region, zone, metadata } = known
  while (reader.next()) {
    switch (reader.tag) {
      case bytesTag(1):
        id = reader.text()
        break
      case bytesTag(2):
        cluster = reader.text()
        break
      case bytesTag(3):
        metadata = new Map([...metadata, ...readStructField(reader)])
        break
      case bytesTag(4): {
        const around = reader.enter()
        while (reader.next()) {
          if (reader.tag === bytesTag(1)) region = reader.text()
          else if (reader.tag === bytesTag(2)) zone = reader.text()
          else reader.skip()
        }
        reader.leave(around)
        break
      }
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return { id, cluster, region, zone, metadata }
}
