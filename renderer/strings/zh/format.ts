/** 中文里的数字。 */
export const n = (value: number): string => value.toLocaleString('zh-Hans');
