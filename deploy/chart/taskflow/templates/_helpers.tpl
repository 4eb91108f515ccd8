{{- define "taskflow.selectorLabels" -}}
app.kubernetes.io/name: taskflow
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Labels of pods, without the version of the chart, which would roll the pods. */}}
{{- define "taskflow.podLabels" -}}
{{ include "taskflow.selectorLabels" . }}
app.kubernetes.io/part-of: taskflow
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "taskflow.labels" -}}
{{ include "taskflow.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{- define "taskflow.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "taskflow.config" -}}
BACKUP_KEEP: {{ .Values.backup.keep | quote }}
{{- with .Values.baseUrl }}
BASE_URL: {{ . | quote }}
{{- end }}
CHANGE_LOG_DAYS: {{ .Values.changeLogDays | int | quote }}
HOST: {{ .Values.host | quote }}
{{- with .Values.hstsMaxAge }}
HSTS_MAX_AGE: {{ . | int | quote }}
{{- end }}
LOG_LEVEL: {{ .Values.logLevel }}
METRICS_HOST: {{ .Values.host | quote }}
METRICS_PORT: "9464"
SHUTDOWN_DELAY: "5"
SIGN_UPS_PER_HOUR: {{ .Values.signUpsPerHour | int | quote }}
TRUST_PROXY: {{ .Values.trustProxy | quote }}
{{- end }}

{{/* The path of baseUrl, or "/". */}}
{{- define "taskflow.path" -}}
{{ trimSuffix "/" (urlParse .Values.baseUrl).path | default "/" }}
{{- end }}

{{/* With a hash of the content, so that a change rolls the pods. */}}
{{- define "taskflow.configName" -}}
{{ .Release.Name }}-config-{{ include "taskflow.config" . | sha256sum | trunc 10 }}
{{- end }}

{{- define "taskflow.storageClass" -}}
{{- if .Values.persistence.local.enabled -}}
storageClassName: local-storage
{{- else if .Values.persistence.storageClass -}}
storageClassName: {{ .Values.persistence.storageClass | quote }}
{{- end -}}
{{- end }}

{{/* Settings of every pod, for the Pod Security Standard `restricted`. */}}
{{- define "taskflow.podBasics" -}}
serviceAccountName: {{ .Release.Name | quote }}
automountServiceAccountToken: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
# Disabled, because it would add environment variables named after the Service.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Processes can share a SQLite file on one host only, so every pod that mounts it runs on the node of the first one. */}}
{{- define "taskflow.oneNode" -}}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "taskflow.selectorLabels" . | nindent 12 }}
          matchExpressions:
            - key: app.kubernetes.io/component
              operator: In
              values: [app, backup]
{{- end }}

{{- define "taskflow.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "taskflow.databaseEnv" -}}
{{- if eq .Values.database.engine "postgres" }}
- name: DATABASE_URL_FILE
  value: /run/secrets/database/url
- name: DATABASE_DIRECT_URL_FILE
  value: /run/secrets/database/direct-url
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "taskflow.databaseMount" -}}
{{- if eq .Values.database.engine "postgres" }}
- name: database
  mountPath: /run/secrets/database
  readOnly: true
{{- else }}
- name: data
  mountPath: /data
{{- end }}
{{- end }}

{{- define "taskflow.databaseVolume" -}}
{{- if eq .Values.database.engine "postgres" }}
- name: database
  secret:
    secretName: {{ .Values.database.existingSecret | quote }}
    optional: true
    defaultMode: 288 # 0440: for group 1000
    items:
      - key: url
        path: url
      - key: direct-url
        path: direct-url
{{- else }}
- name: data
  persistentVolumeClaim:
    claimName: {{ .Release.Name }}-data
{{- end }}
{{- end }}
