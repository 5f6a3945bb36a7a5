/** The window: where it was last time, in the colour of its theme, shown when it has something to show. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, type Rectangle } from 'electron';
import * as v from 'valibot';
import type { Theme } from '../core/contract/app.ts';
import { badgeOf } from './badge.ts';
import { APP_PAGE, isAppPage, webPreferences } from './security.ts';

const whole = v.pipe(v.number(), v.integer());
const stateSchema = v.object({
  x: whole,
  y: whole,
  width: v.pipe(whole, v.minValue(1)),
  height: v.pipe(whole, v.minValue(1)),
  maximized: v.boolean(),
});
type WindowState = v.InferOutput<typeof stateSchema>;

const SMALLEST = { width: 390, height: 480 };
const FIRST = { width: 1180, height: 820 };
/** The grounds of the two sheets (renderer/styles): what is seen before the page has drawn. */
const GROUND = { paper: '#f6f1e7', plate: '#171310' };

const ground = (theme: Theme): string =>
  GROUND[theme === 'system' ? (nativeTheme.shouldUseDarkColors ? 'plate' : 'paper') : theme];

function readState(file: string): WindowState | null {
  try {
    const parsed = v.safeParse(stateSchema, JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // the first start, or a file that was cut: the window opens where the system puts it
  }
}

/** A window on a screen that is no longer there would be out of reach. */
const onAScreen = (area: Rectangle): boolean =>
  screen
    .getAllDisplays()
    .some(
      ({ workArea: w }) =>
        area.x < w.x + w.width - 80 &&
        area.x + area.width > w.x + 80 &&
        area.y >= w.y - 20 &&
        area.y < w.y + w.height - 80,
    );

export interface WindowOptions {
  /** Where the window's place is remembered. */
  stateDir: string;
  preload: string;
  icon: string | undefined;
  theme: Theme;
}

export function openWindow({ stateDir, preload, icon, theme }: WindowOptions): BrowserWindow {
  const stateFile = path.join(stateDir, 'window.json');
  const state = readState(stateFile);
  const window = new BrowserWindow({
    ...FIRST,
    ...(state && onAScreen(state) ? { x: state.x, y: state.y } : {}),
    ...(state ? { width: Math.max(state.width, SMALLEST.width), height: Math.max(state.height, SMALLEST.height) } : {}),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: 'Mezzotint',
    ...(icon === undefined ? {} : { icon }),
    backgroundColor: ground(theme),
    show: false,
    autoHideMenuBar: true,
    webPreferences: webPreferences(preload),
  });
  window.once('ready-to-show', () => {
    if (state?.maximized) window.maximize();
    window.show();
  });
  // on the app's icon, where the system shows such counts (macOS, some Linux desktops)
  window.on('page-title-updated', (_event, title) => void app.setBadgeCount(badgeOf(title)));
  window.on('close', () => {
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      // written whole or not at all, and for nobody else to read
      writeFileSync(
        `${stateFile}.part`,
        JSON.stringify({ ...window.getNormalBounds(), maximized: window.isMaximized() } satisfies WindowState),
        { mode: 0o600 },
      );
      renameSync(`${stateFile}.part`, stateFile);
    } catch {
      // a folder that can't be written costs the window's place only; the store says so where it matters
    }
  });
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload();
  });
  // about:blank commits without a will-navigate: whatever else the window comes to show, it goes back to the page
  window.webContents.on('did-navigate', (_event, address) => {
    if (!isAppPage(address)) void window.loadURL(APP_PAGE);
  });
  void window.loadURL(APP_PAGE);
  return window;
}

/** Follows a change of theme, so that a resize shows the right ground at the window's edge. */
export function applyTheme(window: BrowserWindow | null, theme: Theme): void {
  nativeTheme.themeSource = theme === 'system' ? 'system' : theme === 'plate' ? 'dark' : 'light';
  if (window && !window.isDestroyed()) window.setBackgroundColor(ground(theme));
}
