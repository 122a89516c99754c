-- What was followed up: each step once. A visit that moved is another one, with reminders of its own.
create table lead_follow_up (
  lead_id uuid        not null,
  step    integer     not null,
  at      timestamptz not null,
  constraint lead_follow_up_pkey          primary key (lead_id, step),
  constraint lead_follow_up_lead          foreign key (lead_id) references lead (id),
  constraint lead_follow_up_step_positive check (step > 0)
);

create table appointment_reminder (
  appointment_id uuid        not null,
  starts_at      timestamptz not null,
  step           integer     not null,
  at             timestamptz not null,
  constraint appointment_reminder_pkey          primary key (appointment_id, starts_at, step),
  constraint appointment_reminder_appointment   foreign key (appointment_id) references appointment (id),
  constraint appointment_reminder_step_positive check (step > 0)
);
