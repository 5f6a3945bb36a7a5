/** The importer, in a file of its own: it loads ONNX Runtime, which only the command that imports needs. */
export { importPack } from '../engine/import.ts';
