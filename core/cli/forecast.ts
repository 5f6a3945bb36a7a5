/** Loaded once a speed is measured: ONNX Runtime comes with it. */
export { forecast } from '../engine/forecast.ts';
