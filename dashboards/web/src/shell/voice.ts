import { useMemo } from 'react'
import { duration, indicatorName, span, windowName } from '../format/durations.ts'
import { count, latency, level, percent, rate, sharePercent, tick } from '../format/numbers.ts'
import { type InstantStyle, instant, type Zone } from '../format/time.ts'
import { type Language, type Words, wordsOf } from '../words/index.ts'
import { usePreferences } from './preferences.ts'

/** How this reader is spoken to: words, numbers and times in their language and by their clock. */
export interface Voice {
  readonly words: Words
  readonly language: Language
  readonly zone: Zone
  readonly percent: (share: number, digits?: number) => string
  readonly share: (share: number) => string
  readonly level: (sli: number, of: { target: string; events: number }) => string
  readonly rate: (value: number) => string
  /** A rate on an axis: no more digits than it takes. */
  readonly tick: (value: number) => string
  readonly count: (value: number) => string
  readonly latency: (ms: number) => string
  readonly duration: (seconds: number) => string
  readonly span: (seconds: number) => string
  readonly instant: (at: number, style?: InstantStyle) => string
  readonly window: (name: string) => string
  readonly indicator: (indicator: string) => string
}

export function useVoice(): Voice {
  const { language, zone } = usePreferences()
  return useMemo(() => createVoice(language, zone), [language, zone])
}

export function createVoice(language: Language, zone: Zone): Voice {
  const words = wordsOf(language)
  return {
    words,
    language,
    zone,
    percent: (share, digits = 0) => percent(share, digits, language),
    share: (share) => sharePercent(share, language),
    level: (sli, of) => level(sli, of, language),
    rate: (value) => rate(value, language),
    tick: (value) => tick(value, language),
    count: (value) => count(value, language),
    latency: (ms) => latency(ms, language),
    duration: (seconds) => duration(seconds, words, language),
    span: (seconds) => span(seconds, words, language),
    instant: (at, style = 'minute') => instant(at, style, { language, zone }),
    window: (name) => windowName(name, words),
    indicator: (indicator) => indicatorName(indicator, words),
  }
}
