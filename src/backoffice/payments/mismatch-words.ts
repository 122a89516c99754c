import { words } from '../kit/words.ts';

/** The words of the pages about payments that do not agree. */
export const said = words({
  en: {
    mismatches: 'Payment mismatches', mismatch: 'Mismatch', payment: 'Payment', provider: 'Provider', kind: 'Kind', state: 'State',
    ours: 'Ours', theirs: 'Theirs', report: 'Report', changes: 'Changes', change: 'Change', lastChange: 'Last change', when: 'When', record: 'Record',
    resolve: 'Resolve mismatch', reopens: 'It opens again when its amounts change.',
    open: 'Open', byOperator: 'Resolved by an operator', byFacts: 'Resolved by a report or a webhook',
    'missing-here': 'Unknown here', 'missing-there': 'In no report', 'amount-differs': 'Amounts differ', 'currency-differs': 'Currencies differ',
    duplicate: 'Settled more than once', 'owner-differs': 'Another tenant or subscription', 'refund-differs': 'Refund that cannot be true',
    unreadable: 'Report that cannot be read', detail: 'Detail',
    found: 'Found', changed: 'Amounts changed', resolved: 'Resolved', reopened: 'Reopened',
  },
  es: {
    mismatches: 'Diferencias de pagos', mismatch: 'Diferencia', payment: 'Pago', provider: 'Proveedor', kind: 'Tipo', state: 'Estado',
    ours: 'Nuestro', theirs: 'Del proveedor', report: 'Reporte', changes: 'Cambios', change: 'Cambio', lastChange: 'Último cambio', when: 'Cuándo', record: 'Registro',
    resolve: 'Resolver la diferencia', reopens: 'Se abre otra vez cuando cambian sus montos.',
    open: 'Abierta', byOperator: 'Resuelta por un operador', byFacts: 'Resuelta por un reporte o un webhook',
    'missing-here': 'Desconocido aquí', 'missing-there': 'En ningún reporte', 'amount-differs': 'Montos distintos', 'currency-differs': 'Monedas distintas',
    duplicate: 'Liquidado más de una vez', 'owner-differs': 'Otro negocio o suscripción', 'refund-differs': 'Reembolso que no puede ser',
    unreadable: 'Aviso que no se puede leer', detail: 'Detalle',
    found: 'Encontrada', changed: 'Cambiaron los montos', resolved: 'Resuelta', reopened: 'Abierta otra vez',
  },
});
