{{/*
What would split the data, or could never run, is refused before anything is made. What has a form is told here, and not
by values.schema.json, which can only say that a pattern does not match.
*/}}
{{- define "taskflow.check" -}}
{{- include "taskflow.checkForms" . -}}
{{- include "taskflow.checkResources" (list "resources" .Values.resources) -}}
{{- include "taskflow.checkResources" (list "backup.resources" .Values.backup.resources) -}}
{{- include "taskflow.checkEnv" .Values.extraEnv -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag: latest changes behind one's back; name a version, or leave it empty for the chart's own" -}}
{{- end -}}
{{- if eq .Values.database.engine "sqlite" -}}
{{- if .Values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: SQLite is a file on one node, which can't grow with the load; set database.engine=postgres, or replicas" -}}
{{- end -}}
{{- if .Values.spread -}}
{{- fail "spread: SQLite is a file on one node, so its pods can't be on many; set database.engine=postgres" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: %v is more than autoscaling.maxReplicas, %v" .Values.autoscaling.minReplicas .Values.autoscaling.maxReplicas) -}}
{{- end -}}
{{- end }}

{{/* A value, the pattern of its form, and that form in words. */}}
{{- define "taskflow.checkForms" -}}
{{- $name := "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$" -}}
{{- $aName := "a name: small letters, digits, hyphens and dots" -}}
{{- $size := "^[1-9][0-9]*(\\.[0-9]+)?(Ki|Mi|Gi|Ti)$" -}}
{{- $aSize := "a size such as 1Gi, with Ki, Mi, Gi or Ti" -}}
{{- range list
  (list "image.repository" .Values.image.repository "^[a-z0-9]([a-z0-9._/:-]*[a-z0-9])?$" "where an image is, such as ghcr.io/example/taskflow, in small letters and without a tag")
  (list "image.tag" .Values.image.tag "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$" "a tag: letters, digits, hyphens, dots and underscores, 128 at most")
  (list "image.digest" .Values.image.digest "^(sha256:[0-9a-f]{64})?$" "a digest: sha256: and 64 digits of hexadecimal")
  (list "secret.existingSecret" .Values.secret.existingSecret $name $aName)
  (list "database.existingSecret" .Values.database.existingSecret $name $aName)
  (list "persistence.storageClass" .Values.persistence.storageClass "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$" (printf "%s; empty for the cluster's default" $aName))
  (list "persistence.size" .Values.persistence.size $size $aSize)
  (list "persistence.local.path" .Values.persistence.local.path "^/[^\\s:]*[^\\s/:]$" "the path of a folder, which begins with a slash and ends without one")
  (list "backup.size" .Values.backup.size $size $aSize)
  (list "backup.schedule" .Values.backup.schedule (include "taskflow.schedulePattern" .) "a schedule: minute hour day month weekday (0 to 6, 0 is Sunday), such as 0 3 * * *, or @daily")
  (list "ingress.className" .Values.ingress.className $name $aName)
  (list "ingress.host" .Values.ingress.host "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$" "the name of a host, such as tasks.example.org, without http:// and port")
  (list "ingress.tls.secretName" .Values.ingress.tls.secretName $name $aName)
  (list "monitoring.proberUrl" .Values.monitoring.proberUrl "^[^\\s/]+(:\\d+)?$" "a host and its port, without http://")
-}}
{{- if not (regexMatch (index . 2) (index . 1)) -}}
{{- fail (printf "%s: “%s” is not %s" (index . 0) (index . 1) (index . 3)) -}}
{{- end -}}
{{- end -}}
{{- range $field, $peers := pick .Values.networkPolicy "ingressFrom" "databaseTo" -}}
{{- range $peers -}}
{{- range $cidr := concat (list (dig "ipBlock" "cidr" "" .)) (dig "ipBlock" "except" list .) -}}
{{- if not (regexMatch "^$|^([0-9]{1,3}\\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$|^[0-9a-fA-F:]*:[0-9a-fA-F:.]*/([0-9]{1,2}|1[01][0-9]|12[0-8])$" $cidr) -}}
{{- fail (printf "networkPolicy.%s: “%s” is not a range of addresses such as 192.0.2.0/24" $field $cidr) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What Kubernetes takes as the schedule of a CronJob. */}}
{{- define "taskflow.schedulePattern" -}}
{{- $fields := list -}}
{{- range list "[0-5]?[0-9]" "[01]?[0-9]|2[0-3]" "0?[1-9]|[12][0-9]|3[01]" "0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec" "[0-6]|sun|mon|tue|wed|thu|fri|sat" -}}
{{- $part := printf "(\\*|\\?|(%s)(-(%s))?)(/0*[1-9][0-9]*)?" . . -}}
{{- $fields = append $fields (printf "%s(,%s)*" $part $part) -}}
{{- end -}}
(?i)^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every ([0-9]+(h|m|s))+|{{ join " +" $fields }})$
{{- end }}

{{/* A list of the group's name and its values: no request is over its limit. */}}
{{- define "taskflow.checkResources" -}}
{{- $group := index . 0 -}}
{{- $resources := index . 1 -}}
{{- range $kind, $amounts := $resources -}}
{{- range $name, $amount := $amounts -}}
{{- $form := ternary "^([0-9]+m|[0-9]+(\\.[0-9]+)?)$" "^[1-9][0-9]*(\\.[0-9]+)?(Ki|Mi|Gi|Ti)$" (eq $name "cpu") -}}
{{- if not (regexMatch $form (toString $amount)) -}}
{{- fail (printf "%s.%s.%s: “%v” is not %s" $group $kind $name $amount (ternary "an amount such as 500m or 2" "a size such as 256Mi, with Ki, Mi, Gi or Ti" (eq $name "cpu"))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $limit := $resources.limits -}}
{{- $request := get $resources.requests $name | default $limit -}}
{{- if gt (include "taskflow.amount" $request | float64) (include "taskflow.amount" $limit | float64) -}}
{{- fail (printf "%s.requests.%s: %v is more than %s.limits.%s, %v" $group $name $request $group $name $limit) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* `500m` or `1Gi` as a number. */}}
{{- define "taskflow.amount" -}}
{{- $units := dict "" 1.0 "m" 0.001 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- $text := toString . -}}
{{- mulf (regexFind "^[0-9.]+" $text | float64) (get $units (regexFind "[A-Za-z]*$" $text)) -}}
{{- end }}

{{- define "taskflow.checkEnv" -}}
{{- $own := dict "LOG_LEVEL" "logLevel" "TRUST_PROXY" "trustProxy" "BACKUP_KEEP" "backup.keep" -}}
{{- $set := list "JWT_SECRET" "JWT_SECRET_PREVIOUS" "DATABASE_URL" "DATABASE_DIRECT_URL" "BACKUP_PASSPHRASE" "DATA_DIR" "BACKUP_DIR" "PORT" "HOST" "NODE_ENV" "SHUTDOWN_DELAY" -}}
{{- $seen := list -}}
{{- range $index, $variable := . -}}
{{- $name := $variable.name -}}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_]*$" $name) -}}
{{- fail (printf "extraEnv[%d].name: “%s” is not the name of a variable" $index $name) -}}
{{- end -}}
{{- if hasKey $own $name -}}
{{- fail (printf "extraEnv: %s is set by the chart; use its value %s" $name (get $own $name)) -}}
{{- end -}}
{{- if has (trimSuffix "_FILE" $name) $set -}}
{{- fail (printf "extraEnv: %s is set by the chart; use its own values" $name) -}}
{{- end -}}
{{- if has $name $seen -}}
{{- fail (printf "extraEnv: %s comes twice" $name) -}}
{{- end -}}
{{- $seen = append $seen $name -}}
{{- if eq (hasKey $variable "value") (hasKey $variable "valueFrom") -}}
{{- fail (printf "extraEnv: %s has to have a value or a valueFrom, and not both" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
