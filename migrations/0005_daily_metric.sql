-- Figures per tenant, day of the business's zone and metric. A figure is a sum, so the order of events is all one.
create table daily_metric (
  tenant_id uuid   not null,
  day       date   not null,
  metric    text   not null,
  value     bigint not null,
  constraint daily_metric_pkey primary key (tenant_id, day, metric)
);
