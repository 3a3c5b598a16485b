import { escapeHtml, mrkdwnToHtml, plainToHtml } from './mrkdwn.ts'
import type { Block } from './workspace.ts'

type Fields = Readonly<Record<string, unknown>>

/** Blocks as Slack draws them. They have passed the limits; what this does not know is named, not hidden. */
export function blocksToHtml(blocks: readonly Block[], path = '/dev/slack'): string {
  return blocks.map((block) => blockToHtml(block, path)).join('\n')
}

function blockToHtml(block: Block, path: string): string {
  switch (block.type) {
    case 'header':
      return `<h3 class="b-header">${textOf(block['text'])}</h3>`
    case 'section':
      return sectionToHtml(block)
    case 'context':
      return `<div class="b-context">${listOf(block['elements']).map(elementToHtml).join('')}</div>`
    case 'actions':
      return `<div class="b-actions">${listOf(block['elements']).map(elementToHtml).join('')}</div>`
    case 'divider':
      return '<hr>'
    case 'image':
      return `<figure>${block['title'] === undefined ? '' : `<figcaption>${textOf(block['title'])}</figcaption>`}${image(block, path)}</figure>`
    case 'input':
      return inputToHtml(block)
    case 'markdown':
      return `<div class="b-section"><p>${mrkdwnToHtml(stringOf(block['text']))}</p></div>`
    default:
      return `<p class="b-unknown">A block of type ${escapeHtml(block.type)}</p>`
  }
}

function sectionToHtml(block: Block): string {
  const fields = listOf(block['fields'])
  const text = block['text'] === undefined ? '' : `<p>${textOf(block['text'])}</p>`
  const table =
    fields.length === 0
      ? ''
      : `<div class="b-fields">${fields.map((field) => `<div>${textOf(field)}</div>`).join('')}</div>`
  const accessory = isFields(block['accessory']) ? elementToHtml(block['accessory']) : ''
  return `<div class="b-section"><div>${text}${table}</div>${accessory}</div>`
}

/** The field of a form; its name is its block's, as the form gives it back. */
function inputToHtml(block: Block): string {
  const element = isFields(block['element']) ? block['element'] : {}
  const name = escapeHtml(stringOf(block['block_id']))
  const hint = block['hint'] === undefined ? '' : `<small>${textOf(block['hint'])}</small>`
  const max = typeof element['max_length'] === 'number' ? ` maxlength="${element['max_length']}"` : ''
  return `<label class="b-input"><b>${textOf(block['label'])}</b><textarea name="${name}" rows="4"${max}></textarea>${hint}</label>`
}

function elementToHtml(element: unknown): string {
  if (!isFields(element)) return ''
  switch (element['type']) {
    case 'mrkdwn':
    case 'plain_text':
      return `<span>${textOf(element)}</span>`
    case 'image':
      return image(element)
    case 'button': {
      const style =
        element['style'] === 'primary' ? ' primary' : element['style'] === 'danger' ? ' danger' : ''
      const label = textOf(element['text'])
      return typeof element['url'] === 'string'
        ? `<a class="button${style}" href="${escapeHtml(element['url'])}" rel="noopener noreferrer">${label}</a>`
        : `<button type="button" class="button${style}" data-press="${escapeHtml(stringOf(element['action_id']))}">${label}</button>`
    }
    case 'overflow':
      return '<span class="button">⋯</span>'
    case 'static_select':
      return `<span class="button">${element['placeholder'] === undefined ? 'Choose' : textOf(element['placeholder'])} ▾</span>`
    default:
      return ''
  }
}

/** Pictures that were uploaded are shown from where they are kept. */
function image(element: Fields, path = ''): string {
  const file = isFields(element['slack_file']) ? stringOf(element['slack_file']['id']) : ''
  const source = file === '' ? stringOf(element['image_url']) : `${path}/files/${encodeURIComponent(file)}`
  return `<img src="${escapeHtml(source)}" alt="${escapeHtml(stringOf(element['alt_text']))}" loading="lazy">`
}

function textOf(value: unknown): string {
  if (!isFields(value)) return ''
  const text = stringOf(value['text'])
  return value['type'] === 'plain_text' ? plainToHtml(text) : mrkdwnToHtml(text)
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
