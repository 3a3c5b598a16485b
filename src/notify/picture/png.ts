import { createRequire } from 'node:module'
import { FONT_FAMILY } from './draw.ts'

/** Twice as many pixels as CSS pixels, for screens that show them. */
const ZOOM = 2
/** A picture is a courtesy: what takes longer is left out. */
const TIMEOUT_MS = 3_000
const FONTS = ['400Regular/BIZUDPGothic_400Regular.ttf', '700Bold/BIZUDPGothic_700Bold.ttf']

/** Draws off the main thread. The renderer and the fonts are loaded when the first picture is drawn. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js')
  const { resolve } = createRequire(import.meta.url)
  const image = await renderAsync(
    svg,
    {
      fitTo: { mode: 'zoom', value: ZOOM },
      font: {
        loadSystemFonts: false,
        fontFiles: FONTS.map((file) => resolve(`@expo-google-fonts/biz-udpgothic/${file}`)),
        defaultFontFamily: FONT_FAMILY,
        sansSerifFamily: FONT_FAMILY,
      },
    },
    AbortSignal.timeout(TIMEOUT_MS),
  )
  return image.asPng()
}
