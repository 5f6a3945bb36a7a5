/** Work on checkpoints in a process of its own: what an import would give, and the import itself. */
import { createHash } from 'node:crypto';
import { statfsSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import {
  bitsFor,
  memoryFor,
  openCheckpoint,
  preflight,
  weightBytes,
  type CheckpointReader,
} from '../checkpoints/index.ts';
import type { ImporterAnswer, ImporterRequest, ModelCost, PreflightResult } from '../contract/models.ts';
import * as v from 'valibot';
import { familyOf } from '../model/families/index.ts';
import { expertsSchema } from '../model/manifest.ts';
import { openRecipes } from '../model/recipes.ts';
import { skillsOf } from '../model/skills.ts';
import { forecast, shapeOf } from './forecast.ts';
import { importPack } from './import.ts';
import { explained } from './memory.ts';
import { describePack, openPack } from './pack.ts';

/** Milliseconds between two words of progress. */
const EVERY_MS = 150;

/** Answers with any number of `progress`, then with one of `preflight`, `imported`, `verified`, `forecast`, `failed`. */
export async function runImporter(request: ImporterRequest, answer: (answer: ImporterAnswer) => void): Promise<void> {
  try {
    if (request.kind === 'preflight') answer({ kind: 'preflight', ...(await judge(request)) });
    else if (request.kind === 'cost') answer({ kind: 'cost', ...(await costOf(request)) });
    else if (request.kind === 'verify') {
      await openPack(request.path, true);
      answer({ kind: 'verified' });
    } else if (request.kind === 'forecast') answer({ kind: 'forecast', tokensPerSecond: await speedOf(request) });
    else {
      await convert(request, answer);
      answer({ kind: 'imported' });
    }
  } catch (thrown) {
    answer({ kind: 'failed', error: explained(thrown) });
  }
}

async function speedOf({
  family,
  bits,
  blockLength,
  shape: { experts, ...shape },
}: Extract<ImporterRequest, { kind: 'forecast' }>): Promise<number> {
  const { tokensPerSecond } = await forecast({
    ...shape,
    ...(experts ? { experts: v.parse(expertsSchema, experts) } : {}),
    family,
    bitsOf: bitsFor(bits, false),
    blockLength,
  });
  return tokensPerSecond;
}

/** Of the checkpoint's own shape, unless that is known. */
async function costOf({
  path,
  out,
  recipe,
  bits,
  chatTemplate,
  kept,
}: Extract<ImporterRequest, { kind: 'cost' }>): Promise<{ shape: string; cost: ModelCost | null }> {
  const reader = await openCheckpoint(path);
  try {
    const flight = preflight(reader, { out, recipe, bits, chatTemplate, checkMemory: false });
    const { bitsOf, ...facts } = shapeOf(flight.manifest, flight.bitsOf);
    const used = flight.plan.matrices.map(({ name }) => bitsOf(name));
    const shape = createHash('sha256')
      .update(JSON.stringify([facts, used]))
      .digest('hex')
      .slice(0, 16);
    if (kept.includes(shape)) return { shape, cost: null };
    return { shape, cost: await forecast({ ...facts, bitsOf }) };
  } finally {
    reader.close();
  }
}

async function convert(
  { path, out, id, name, recipe, bits, chatTemplate }: Extract<ImporterRequest, { kind: 'import' }>,
  answer: (answer: ImporterAnswer) => void,
): Promise<void> {
  let said = -Infinity;
  await importPack(path, {
    out,
    id,
    name,
    recipe,
    bits,
    chatTemplate,
    onProgress: (done, total) => {
      const now = performance.now();
      if (now - said < EVERY_MS && done < total) return;
      said = now;
      answer({ kind: 'progress', done, total });
    },
  });
}

async function judge({
  path,
  out,
  recipe,
  bits,
  chatTemplate,
}: Extract<ImporterRequest, { kind: 'preflight' }>): Promise<{ result: PreflightResult; id: string | null }> {
  const reader = await openCheckpoint(path);
  try {
    const family = familyOf(reader.identity, reader.path);
    const open = recipe === undefined ? openRecipes(family, reader.repositories) : [];
    if (open.length > 0) {
      const recipes = open.map(({ id, repository }) => ({ id, repository }));
      return { result: { state: 'choose', family: family.name, recipes }, id: null };
    }
    const flight = preflight(reader, { out, recipe, bits, chatTemplate, checkMemory: false });
    const { manifest, plan } = flight;
    const usual = plan.matrices.some(({ name }) => flight.bitsOf(name) === 4);
    const sizes = ([4, 8] as const).map((each) => {
      const weights = each === (usual ? 4 : 8) ? flight.bytes : weightBytes(plan, bitsFor(each, true));
      return { bits: each, bytes: Math.round(weights), memory: Math.round(memoryFor(weights)) };
    });
    return {
      id: manifest.id,
      result: {
        state: 'ready',
        plan: {
          name: manifest.name,
          family: family.name,
          architecture: reader.identity.architecture,
          format: reader.identity.format,
          licence: manifest.licence.spdx,
          licenceText: reader.licence.text !== null,
          parameters: manifest.parameters,
          contextLength: manifest.contextLength,
          sourceBytes: bytesOf(reader),
          sizes,
          bits: usual ? 4 : 8,
          machineMemory: totalmem(),
          freeDisk: freeAt(path),
          skills: skillsOf(manifest.diffusion),
          sampler: describePack(manifest, '').samplers[0]?.name ?? '',
          recipe: manifest.checkpoint.recipe,
        },
      },
    };
  } finally {
    reader.close();
  }
}

const bytesOf = (reader: CheckpointReader): number => reader.files.reduce((sum, file) => sum + statSync(file).size, 0);

function freeAt(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
