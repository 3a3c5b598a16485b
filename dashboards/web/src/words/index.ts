import { en, type Words } from './en.ts'
import { ja } from './ja.ts'

export type Language = 'en' | 'ja'
export type { Words }

export const languages: readonly Language[] = ['en', 'ja']

const DICTIONARIES: Readonly<Record<Language, Words>> = { en, ja }

export function wordsOf(language: Language): Words {
  return DICTIONARIES[language]
}
