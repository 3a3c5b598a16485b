import { burnDown, burnRates, darkTheme, lightTheme, toSvg } from '../../charts/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { headlineWindow, sentenceOf, whereOf } from '../slack/facts.ts'
import { clean } from '../text.ts'
import { wordsFor } from '../words.ts'

/** What a curve is drawn of: counts, budget left and burn rates over time. */
export type Series = Parameters<typeof burnDown>[0]

/** What is drawn of an incident: the whole window for the budget, the last hours for the rates. */
export interface SeriesPair {
  readonly window: Series
  readonly recent: Series
}

export interface Picture {
  /** With its ending: `INC-2026-0147-budget.png`. */
  readonly name: string
  readonly svg: string
  /** What it shows, with the numbers, for those who cannot see it; at most 900 characters. */
  readonly alt: string
}

/** Of the font that comes with Nines, so that no machine draws empty boxes for Japanese. */
export const FONT_FAMILY = 'BIZ UDPGothic'
const WIDTH = 840
const HEIGHT = 300
const ALT_MAX = 900
/** Slack shows pictures on light and on dark: light with a border reads on both. */
const BORDER = '#c4ccd4'

/** Burn-down and burn rate of an incident, with the drawing code of the page. */
export function picturesOf(
  brief: IncidentBrief,
  { window, recent }: SeriesPair,
  options: { readonly dark?: boolean } = {},
): readonly Picture[] {
  const words = wordsFor(brief.locale)
  const theme = options.dark === true ? darkTheme : lightTheme
  const name = clean(brief.name, 80) || brief.incident.slo
  const where = whereOf(brief, words)
  const left = headlineWindow(brief)?.budget.leftRatio
  const rule = ruleOf(brief, recent)
  const base = { width: WIDTH, height: HEIGHT, theme, offset: offsetOf(brief), fonts: FONT_FAMILY }
  const budgetTitle = `${name} · ${words.labels.budgetLeft}`
  const rateTitle = `${name} · ${words.labels.burnRate}`
  const note = (range: string): string => [range, where, brief.zone].filter((part) => part !== '').join(' · ')
  const budgetAlt = clean(
    `${budgetTitle}: ${left === undefined ? words.states.unknown : words.percent(left, 1)}. ${sentenceOf(brief, words)}.`,
    ALT_MAX,
  )
  const rateAlt = clean(
    `${rateTitle}: ${lastRates(recent, rule).map(words.rate).join(' / ')}. ${sentenceOf(brief, words)}.`,
    ALT_MAX,
  )
  const id = brief.incident.id.replace(/[^\w-]/g, '').slice(0, 60)
  return [
    {
      name: `${id}-budget.png`,
      alt: budgetAlt,
      svg: framed(
        burnDown(window, {
          ...base,
          state: brief.whole?.state ?? 'unknown',
          title: budgetTitle,
          note: note(words.length(window.range.to - window.range.from)),
          label: budgetAlt,
        }),
      ),
    },
    ...(rule === undefined
      ? []
      : [
          {
            name: `${id}-rate.png`,
            alt: rateAlt,
            svg: framed(
              burnRates(recent, {
                ...base,
                rule,
                title: rateTitle,
                note: note(words.length(recent.range.to - recent.range.from)),
                label: rateAlt,
              }),
            ),
          },
        ]),
  ]
}

/** The rule that made it an incident, as far as it is drawn; else the first. */
function ruleOf(brief: IncidentBrief, { burn }: Series): string | undefined {
  const own = burn.find(({ rule }) => brief.incident.rules.includes(rule)) ?? burn[0]
  return own?.rule
}

/** Long and short, where they were known last. */
function lastRates({ burn }: Series, rule: string | undefined): readonly number[] {
  const drawn = burn.find((each) => each.rule === rule)
  return [drawn?.long ?? [], drawn?.short ?? []].flatMap(
    (values) => values.findLast((value) => value !== null) ?? [],
  )
}

function framed(drawing: ReturnType<typeof burnDown>): string {
  const border = {
    tag: 'rect',
    attributes: { x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 6, fill: 'none', stroke: BORDER },
    children: [],
  }
  return toSvg({ ...drawing, children: [...drawing.children, border] })
}

/** Seconds east of UTC in the brief's zone at its moment; 0 for a zone that this machine does not know. */
function offsetOf({ zone, now }: IncidentBrief): number {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      timeZoneName: 'longOffset',
    }).formatToParts(now * 1000)
    const [, sign = '+', hours = '0', minutes = '0'] =
      /([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60)
  } catch {
    // The note beside the title names the zone; the axis is UTC then.
    return 0
  }
}
