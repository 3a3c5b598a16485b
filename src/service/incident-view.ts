import { type Incident, ROLES } from '../alerting/index.ts'
import type * as wire from '../contract/index.ts'

type Summary = Pick<
  wire.IncidentSummary,
  | 'kind'
  | 'services'
  | 'parent'
  | 'children'
  | 'commander'
  | 'assignee'
  | 'level'
  | 'drill'
  | 'mutedUntil'
  | 'silencedBy'
>

/** What it concerns, and what people made of it. */
export function responseSummary(incident: Incident): Required<Summary> {
  return {
    kind: incident.kind,
    services: [...incident.services],
    parent: incident.parent ?? null,
    children: [...incident.children],
    commander: incident.roles.commander?.who ?? null,
    assignee: incident.roles.assignee?.who ?? null,
    level: incident.level?.name ?? null,
    drill: incident.drill,
    mutedUntil: incident.mutedUntil ?? null,
    silencedBy: incident.silencedBy ?? null,
  }
}

type Detail = Pick<wire.IncidentDetail, 'consequences' | 'roles' | 'actionItems' | 'links'>

export function responseDetail(incident: Incident): Required<Detail> {
  return {
    consequences: incident.consequences.map((each) => ({
      slo: each.slo,
      objective: each.objective,
      service: each.service,
      because: each.because,
      on: each.on,
      scope: { ...each.scope },
      severity: each.severity,
      rate: each.rate,
      firing: each.firing,
      badEvents: each.badEvents,
      budgetSpent: each.budgetSpent,
    })),
    roles: ROLES.flatMap((role) => {
      const holder = incident.roles[role]
      return holder === undefined ? [] : [{ role, ...holder }]
    }),
    actionItems: incident.actionItems.map(({ number, text, owner, closed }) => ({
      number,
      text,
      owner: owner ?? null,
      closed: closed === undefined ? null : { ...closed },
    })),
    links: { ...incident.links },
  }
}
