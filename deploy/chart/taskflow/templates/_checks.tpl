{{/*
Refuses values that would split the data, could never run, or would be overridden. The API server reports the rest.
*/}}
{{- define "taskflow.check" -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,43}[a-z0-9])?$" .Release.Name) -}}
{{- fail (printf "the release name “%s” must have at most 45 lower case letters, digits and hyphens, and start with a letter" .Release.Name) -}}
{{- end -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag: latest changes over time; set a version, or leave it empty for the chart's own" -}}
{{- end -}}
{{- if eq .Values.database.engine "sqlite" -}}
{{- if .Values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: SQLite is a file on one node and can't scale with the load; set database.engine=postgres, or replicas" -}}
{{- end -}}
{{- if .Values.spread -}}
{{- fail "spread: SQLite is a file on one node, so its pods can't be on several; set database.engine=postgres" -}}
{{- end -}}
{{- end -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: %v is more than autoscaling.maxReplicas, %v" .minReplicas .maxReplicas) -}}
{{- end -}}
{{- end -}}
{{- $set := list "JWT_SECRET" "JWT_SECRET_PREVIOUS" "DATABASE_URL" "DATABASE_DIRECT_URL" "BACKUP_PASSPHRASE" "DATA_DIR" "BACKUP_DIR" "PORT" "NODE_ENV" "SHUTDOWN_DELAY" "LOG_LEVEL" "METRICS_PORT" "TRUST_PROXY" "BASE_URL" "HSTS_MAX_AGE" "SIGN_UPS_PER_HOUR" "CHANGE_LOG_DAYS" "BACKUP_KEEP" -}}
{{- range .Values.extraEnv -}}
{{- if has (trimSuffix "_FILE" .name) $set -}}
{{- fail (printf "extraEnv: %s is set by the chart; use its own values" .name) -}}
{{- end -}}
{{- end -}}
{{- end }}
