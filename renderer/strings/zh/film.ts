/** 存成动画的回放。 */
import type { Strings } from '../types.ts';
import { number } from '../live.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} 秒`;

export const film: Strings['film'] = {
  open: '动画…',
  openHint: '把这个回放存成 GIF 或 WebM 视频',
  label: '把回放存成动画',
  kind: '存为',
  kinds: { gif: 'GIF', webm: 'WebM 视频' },
  speed: '速度',
  speeds: (n) => `${n}×`,
  width: '宽度',
  widths: (n) => `${n} px`,
  length: (ms, frames) => `${seconds(ms)}，${number(frames)} 帧`,
  faster: (speed) => `以 ${speed.toFixed(1)} 倍速播放，好不超过一分钟。`,
  save: '制作并保存',
  cancel: '取消',
  progress: (done, total) => `${number(done)} / ${number(total)} 帧`,
  saved: (name, bytes) =>
    `已存为 ${name}，${bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`}。`,
};
