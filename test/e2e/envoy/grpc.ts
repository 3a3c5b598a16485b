import type { MethodDefinition } from '@grpc/grpc-js'

const same = (bytes: Buffer): Buffer => bytes

function unary(path: string): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}

/** The methods of the rig's gRPC service, and the health check that must not count. */
export const METHODS = {
  buy: unary('/shop.v1.Orders/Buy'),
  check: unary('/grpc.health.v1.Health/Check'),
}
