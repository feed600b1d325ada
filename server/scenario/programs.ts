/** Programs that scenarios take for granted and that a machine may lack. Adding one: a word here. */
const WORDS = `
  ansible ansible-galaxy ansible-playbook ansible-vault packer terraform tofu terragrunt vault consul nomad aws az gcloud gh
  argocd cilium cosign crossplane falco flux helm helmfile istioctl k9s kn kubectx kubens kubeseal kustomize kyverno linkerd opa skaffold stern tkn trivy velero
  crontab at atq batch ping dig nslookup host nc ncat netcat telnet traceroute mtr nmap tcpdump whois iftop
  setfacl getfacl tree htop jq yq vi vim nano emacs tmux screen script expect bc dos2unix figlet cowsay stress stress-ng ab hey wrk siege fio
  psql pg_dump mysql mysqldump mariadb sqlite3 redis-cli redis-server mongo mongosh cqlsh influx etcd nginx httpd haproxy
  git git-lfs svn gcc g++ make cmake gdb strace ltrace lsof perf shellcheck gpg openssl ssh-keygen rsync zip unzip xz zstd
  python python3 pip pip3 virtualenv pytest jupyter flask node npm npx yarn tsc deno bun go java javac mvn gradle ruby gem php composer perl lua rustc cargo dotnet R Rscript ghc
`;

export const PROGRAMS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));
