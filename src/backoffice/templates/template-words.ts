import { words } from '../kit/words.ts';

/** What the templates' pages say. */
export const said = words({
  en: {
    template: 'Template', category: 'Category', channels: 'Channels', current: 'In use', newest: 'Newest', notNewest: 'not the newest',
    versions: 'Versions', version: 'Version', by: 'By', when: 'When', why: 'Why', looks: 'Look', inUse: 'in use', preview: 'preview', compare: 'compare with the one in use',
    moves: 'What new notifications used', move: 'Use another version', use: 'Use it', rollBack: 'Roll back to', lasting: 'Notifications that exist keep the version they were made with.',
    publishing: 'A new version is published through the API:', howTo: 'the reference',
    channel: 'Channel', locale: 'Locale', reader: 'Reader', show: 'Show', sample: 'Made of the template’s sample, as a reader of this locale gets it.', source: 'As text', cannot: 'It can’t be rendered:',
    previewOf: 'preview', comparison: 'comparison', from: 'From', to: 'To', same: 'Readers see no difference.', legend: 'Lines that begin with − were there before, those with + are new.',
  },
  es: {
    template: 'Plantilla', category: 'Categoría', channels: 'Canales', current: 'En uso', newest: 'Más reciente', notNewest: 'no es la más reciente',
    versions: 'Versiones', version: 'Versión', by: 'Por', when: 'Cuándo', why: 'Por qué', looks: 'Ver', inUse: 'en uso', preview: 'vista previa', compare: 'comparar con la que está en uso',
    moves: 'Lo que usaron las notificaciones nuevas', move: 'Usar otra versión', use: 'Usarla', rollBack: 'Volver a la', lasting: 'Las notificaciones que ya existen conservan su versión.',
    publishing: 'Una versión nueva se publica por la API:', howTo: 'la referencia',
    channel: 'Canal', locale: 'Idioma', reader: 'Destinatario', show: 'Mostrar', sample: 'Hecha con la muestra de la plantilla, como la recibe quien lee en este idioma.', source: 'Como texto', cannot: 'No se puede componer:',
    previewOf: 'vista previa', comparison: 'comparación', from: 'De', to: 'A', same: 'Quien lee no ve ninguna diferencia.', legend: 'Las líneas con − estaban antes, las que llevan + son nuevas.',
  },
});
