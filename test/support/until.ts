export { until } from '../../dev/until.ts';
