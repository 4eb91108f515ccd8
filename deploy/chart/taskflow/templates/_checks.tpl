{{/*
What would split the data, or could never run, is refused before anything is made. What has a form is told here, and not
by values.schema.json, which can only say that a pattern does not match.
*/}}
{{- define "taskflow.check" -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,43}[a-z0-9])?$" .Release.Name) -}}
{{- fail (printf "the name of the release: “%s” can't be in all names of its objects; it may have 45 small letters, digits and hyphens, and begins with a letter" .Release.Name) -}}
{{- end -}}
{{- include "taskflow.checkForms" . -}}
{{- range $field, $peers := pick .Values.networkPolicy "ingressFrom" "databaseTo" -}}
{{- range $index, $peer := $peers -}}
{{- include "taskflow.checkPeer" (list (printf "networkPolicy.%s[%d]" $field $index) $peer) -}}
{{- end -}}
{{- end -}}
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
{{- if .Values.autoscaling.enabled -}}
{{- $amounts := ternary .Values.resources.requests .Values.resources.limits (hasKey .Values.resources.requests "cpu") -}}
{{- if eq 0.0 (include "taskflow.amount" (get $amounts "cpu") | float64) -}}
{{- fail "autoscaling.enabled: its aim is a part of resources.requests.cpu, which is not there; set that" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: %v is more than autoscaling.maxReplicas, %v" .Values.autoscaling.minReplicas .Values.autoscaling.maxReplicas) -}}
{{- end -}}
{{- end }}

{{/* A value, the pattern of its form, and that form in words. */}}
{{- define "taskflow.checkForms" -}}
{{- $part := "[a-z0-9]([a-z0-9-]*[a-z0-9])?" -}}
{{- $name := printf "^%s(\\.%s)*$" $part $part -}}
{{- $nameOrNone := printf "^(%s(\\.%s)*)?$" $part $part -}}
{{- $label := "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" -}}
{{- $aName := "a name: small letters, digits, hyphens and dots" -}}
{{- $size := "^[1-9][0-9]*(\\.[0-9]+)?(Ki|Mi|Gi|Ti)$" -}}
{{- $aSize := "a size such as 1Gi, with Ki, Mi, Gi or Ti" -}}
{{- range list
  (list "image.repository" .Values.image.repository "^[a-z0-9]([a-z0-9._/:-]*[a-z0-9])?$" "where an image is, such as ghcr.io/example/taskflow, in small letters and without a tag")
  (list "image.tag" .Values.image.tag "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$" "a tag: letters, digits, hyphens, dots and underscores, 128 at most")
  (list "image.digest" .Values.image.digest "^(sha256:[0-9a-f]{64})?$" "a digest: sha256: and 64 digits of hexadecimal")
  (list "secret.existingSecret" .Values.secret.existingSecret $name $aName)
  (list "database.existingSecret" .Values.database.existingSecret $name $aName)
  (list "persistence.storageClass" .Values.persistence.storageClass $nameOrNone (printf "%s; empty for the cluster's default" $aName))
  (list "persistence.size" .Values.persistence.size $size $aSize)
  (list "persistence.local.path" .Values.persistence.local.path "^/[^\\s:]*[^\\s/:]$" "the path of a folder, which begins with a slash and ends without one")
  (list "backup.size" .Values.backup.size $size $aSize)
  (list "backup.schedule" .Values.backup.schedule (include "taskflow.schedulePattern" .) "a schedule: minute hour day month weekday (0 to 6, 0 is Sunday), such as 0 3 * * *, or @daily")
  (list "ingress.className" .Values.ingress.className $nameOrNone (printf "%s; empty for the cluster's default" $aName))
  (list "ingress.host" .Values.ingress.host (printf "^%s(\\.%s)*$" $label $label) "the name of a host, such as tasks.example.org, without http:// and port")
  (list "ingress.tls.clusterIssuer" .Values.ingress.tls.clusterIssuer $nameOrNone (printf "%s; empty where the Secret comes from elsewhere" $aName))
  (list "ingress.tls.secretName" .Values.ingress.tls.secretName $name $aName)
  (list "monitoring.proberUrl" .Values.monitoring.proberUrl "^[^\\s/]+(:\\d+)?$" "a host and its port, without http://")
-}}
{{- if not (regexMatch (index . 2) (index . 1)) -}}
{{- fail (printf "%s: “%s” is not %s" (index . 0) (index . 1) (index . 3)) -}}
{{- end -}}
{{- end -}}
{{- range $index, $secret := .Values.image.pullSecrets -}}
{{- if not (regexMatch $name $secret) -}}
{{- fail (printf "image.pullSecrets[%d]: “%s” is not %s" $index $secret $aName) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+){3}$" .Values.ingress.host -}}
{{- fail (printf "ingress.host: “%s” is an address, and an Ingress goes by a name, such as tasks.example.org" .Values.ingress.host) -}}
{{- end -}}
{{- if regexMatch "(?i)^\\S+ +\\S+ +(3[01]([,-]3[01])*(/\\d+)? +(0?2|feb)|31(/\\d+)? +(0?[2469]|11|feb|apr|jun|sep|nov)(,(0?[2469]|11|feb|apr|jun|sep|nov))*) +[*?]\\S*$" .Values.backup.schedule -}}
{{- fail (printf "backup.schedule: “%s” never comes, as no such month has that day" .Values.backup.schedule) -}}
{{- end -}}
{{- end }}

{{/* Where it is said, and a peer of a NetworkPolicy: what the schema lets pass, and Kubernetes does not. */}}
{{- define "taskflow.checkPeer" -}}
{{- $place := index . 0 -}}
{{- $peer := index . 1 -}}
{{- $octet := "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])" -}}
{{- $groups := "([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){0,%d})" -}}
{{- $four := printf "(%s\\.){3}%s/([0-9]|[12][0-9]|3[0-2])" $octet $octet -}}
{{- $six := printf "(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(%s)?::(%s)?)/([0-9]{1,2}|1[01][0-9]|12[0-8])" (printf $groups 6) (printf $groups 6) -}}
{{- with $peer.ipBlock -}}
{{- if gt (len $peer) 1 -}}
{{- fail (printf "%s: an ipBlock stands alone; make a peer of its own for the selectors" $place) -}}
{{- end -}}
{{- range prepend (.except | default list) .cidr -}}
{{- if not (regexMatch (printf "^(%s|%s)$" $four $six) .) -}}
{{- fail (printf "%s: “%s” is not a range of addresses such as 192.0.2.0/24" $place .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $kind, $selector := omit $peer "ipBlock" -}}
{{- $place = printf "%s.%s" $place $kind -}}
{{- $keys := keys ($selector.matchLabels | default dict) -}}
{{- $values := values ($selector.matchLabels | default dict) -}}
{{- range $selector.matchExpressions -}}
{{- if ne (empty .values) (hasSuffix "Exist" (trimSuffix "s" .operator)) -}}
{{- fail (printf "%s: %s with In or NotIn needs values, and with Exists or DoesNotExist has none" $place .key) -}}
{{- end -}}
{{- $keys = append $keys .key -}}
{{- $values = concat $values (.values | default list) -}}
{{- end -}}
{{- $value := "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?" -}}
{{- range $keys -}}
{{- if not (regexMatch (printf "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?%s$" $value) .) -}}
{{- fail (printf "%s: “%s” is not the name of a label" $place .) -}}
{{- end -}}
{{- end -}}
{{- range $values -}}
{{- if not (regexMatch (printf "^(%s)?$" $value) .) -}}
{{- fail (printf "%s: “%s” is not the value of a label: 63 letters, digits, hyphens, dots and underscores at most" $place .) -}}
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
