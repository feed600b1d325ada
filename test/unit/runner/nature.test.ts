import { describe, expect, it } from 'vitest';
import { natureOf } from '../../../server/runner/nature.ts';

describe('how a command behaves at a terminal', () => {
  it.each([
    'kubectl get pods',
    'kubectl apply -f app.yaml',
    'kubectl logs -f app.yaml --tail=1',
    'kubectl wait --for=condition=Ready pod --all',
    'kubectl rollout status deployment/web',
    'kubectl exec -it web -- ls /',
    'kubectl exec web -- cat /etc/hosts',
    'kubectl run web --image=nginx',
    'argo submit --watch hello.yaml',
    'docker compose up -d',
    'tail -n 5 log',
    'ping -c 3 localhost',
    'timeout 5 kubectl get pods -w',
    'kubectl get pods -w | head -3',
    'bash script.sh',
    'sh -c "echo hi"',
    'python3 hello.py',
    'cat hello.yaml',
    'cat <<EOF\nwatch\nEOF',
    'psql -c "select 1"',
    'ssh node01 uptime',
    'top -b -n 1',
    'echo watch',
    'A=1 B=2 env',
    'sleep 1 && echo done',
  ].map((command) => [command]))('%s ends by itself', (command) => {
    expect(natureOf(command)).toEqual({ kind: 'ends' });
  });

  it.each(['kubectl port-forward svc/web 8080:80 &', 'kubectl proxy > /dev/null 2>&1 &', 'sleep 100 & ', 'nohup ./server &'].map((command) => [command]))('%s runs in the background', (command) => {
    expect(natureOf(command)).toEqual({ kind: 'background' });
  });

  it.each([
    'kubectl port-forward svc/web 8080:80',
    'kubectl -n argo port-forward svc/argo-server 2746:2746 > /dev/null',
    'k get pods --watch',
    'kubectl get pods -n web -w',
    'kubectl logs --follow web',
    'kubectl logs -fn argo web',
    'sudo watch -n 1 date',
    'tail -f /var/log/syslog',
    'tail -5f x',
    'journalctl -xef',
    'ping localhost',
    'python3 -m http.server 8000',
    'docker-compose up',
    'npm start',
    'sleep infinity',
    'cd app && nc -l 8080',
    'yes',
    'kubectl get events -w | grep Failed',
  ].map((command) => [command]))('%s runs until somebody stops it', (command) => {
    expect(natureOf(command)).toEqual({ kind: 'runs-on' });
  });

  it.each([
    ['vi app.yaml', ['\u001b\u001b:qa!\r']],
    ['kubectl edit deployment web', ['\u001b\u001b:qa!\r']],
    ['nano app.yaml', ['\u0018', 'n']],
    ['kubectl get pods -o yaml | less', ['q']],
    ['man bash', ['q']],
    ['top', ['q']],
    ['python3', ['\u0004']],
    ['python3 -q', ['\u0004']],
    ['sudo -E bash', ['\u0004']],
    ['su - user', ['\u0004']],
    ['ssh node01', ['\u0004']],
    ['kubectl exec -it web -- /bin/sh', ['\u0004']],
    ['kubectl run -it box --image=busybox', ['\u0004']],
    ['docker run -it --rm alpine sh', ['\u0004']],
    ['cat > notes.txt', ['\u0004']],
    ['psql -U postgres shop', ['\u0004']],
  ])('%s waits for keys', (command, quit) => {
    expect(natureOf(command)).toEqual({ kind: 'asks', quit });
  });
});
