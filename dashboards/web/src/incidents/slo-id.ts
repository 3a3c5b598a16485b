import { useQuery } from '@tanstack/react-query'
import { fleetQuery } from '../api/queries.ts'

/** The id in addresses of the promise that an incident is about; the name of the SLO while the fleet is not known. */
export function useSloId({ slo, objective }: { readonly slo: string; readonly objective: string }): string {
  const slos = useQuery(fleetQuery).data?.slos ?? []
  return slos.find((s) => s.slo === slo && s.objective === objective)?.id ?? slo
}
