/** A race as a picture to show around: the question, a bar and figures a lane, the model and the device. Drawn with the window's own faces and sheet. */
import { largest } from '../../core/contract/lists.ts';
import { compareWithExact, type LaneResult } from '../state/race/race-order.ts';
import { t } from '../strings.ts';
import { face, inkOf, wrap } from './draw.ts';

export interface RacePicture {
  question: string;
  /** The length that all lanes reached, in tokens; `toLength`: milliseconds until then. */
  length: number;
  lanes: readonly (LaneResult & { name: string; first: boolean; toLength: number | null })[];
  exact: LaneResult | undefined;
  model: string;
  device: string;
}
const WIDTH = 1200;
const LEFT = 64;
const LANE = 84;
/** Lines of the question at most. */
const QUESTION_LINES = 2;

/** @returns a PNG; null where the browser could not make one */
export async function raceImage(race: RacePicture): Promise<Blob | null> {
  await Promise.all([face.load(32, 'serif'), face.load(20, 'mono'), face.load(20, 'sans')]);
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  pen.font = face.of(32, 'serif');
  const lines = wrap(pen, race.question, WIDTH - 2 * LEFT, QUESTION_LINES);
  canvas.width = WIDTH;
  canvas.height = 132 + lines.length * 44 + race.lanes.length * LANE + 72;
  const ink = inkOf(document.documentElement);
  pen.fillStyle = ink.ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let y = 72;
  const say = (
    text: string,
    x: number,
    size: number,
    kind: Parameters<typeof face.of>[1],
    colour: string,
    align: CanvasTextAlign = 'left',
  ): void => {
    pen.font = face.of(size, kind);
    pen.fillStyle = colour;
    pen.textAlign = align;
    pen.fillText(text, x, y);
  };
  say(`${t.app} · ${t.race.picture.title}`, LEFT, 20, 'sans', ink.copper);
  y += 48;
  for (const line of lines) {
    say(line, LEFT, 32, 'serif', ink.ink);
    y += 44;
  }
  y += 16;
  const longest = largest(
    race.lanes.map(({ toLength }) => toLength ?? 0),
    1,
  );
  for (const lane of race.lanes) {
    say(lane.name, LEFT, 22, 'serif', ink.ink);
    const compared = compareWithExact(lane, race.exact);
    const against =
      compared.kind === 'same' ? t.race.same : compared.kind === 'differs' ? t.race.differs(compared.at) : '';
    const figures = [
      t.race.rate(lane.ms > 0 ? (lane.tokens * 1000) / lane.ms : 0),
      t.race.tpf(lane.forwards > 0 ? lane.tokens / lane.forwards : 0),
      against,
    ]
      .filter(Boolean)
      .join(' · ');
    say(figures, LEFT + 260, 18, 'mono', ink.soft);
    say(t.race.clock(lane.toLength ?? lane.ms), WIDTH - LEFT, 22, 'mono', lane.first ? ink.copper : ink.ink, 'right');
    pen.fillStyle = ink.hair;
    pen.fillRect(LEFT, y + 16, WIDTH - 2 * LEFT, 2);
    pen.fillStyle = lane.first ? ink.copper : ink.soft;
    pen.fillRect(LEFT, y + 13, ((WIDTH - 2 * LEFT) * (lane.toLength ?? 0)) / longest, 8);
    y += LANE;
  }
  say(t.race.picture.made(t.device(race.device), race.model), LEFT, 18, 'mono', ink.soft);
  say(t.race.picture.seconds(race.length), WIDTH - LEFT, 18, 'mono', ink.soft, 'right');
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
