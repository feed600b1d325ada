import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { fetchStart } from '../api/file-start.ts';
import type { FileStart } from '../api/file-start.ts';
import type { Workflow } from '../api/shapes.ts';
import { artifactPath } from '../state/artifacts.ts';
import type { FoundArtifact } from '../state/artifacts.ts';
import { href } from '../state/router.ts';
import { ErrorNotice } from './common.tsx';
import { Icon } from './icons.tsx';
import { Facts } from './node-panel.tsx';

/** What is known of an artifact in the graph, with its beginning where that is text or a picture. */
export function ArtifactPanel({ workflow, found, onClose }: { workflow: Workflow; found: FoundArtifact; onClose(): void }): JSX.Element {
  const address = href(artifactPath(workflow, found.node, found.direction, found.artifact.name));
  const start = useSignal<FileStart | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    fetchStart(address, stop.signal).then(
      (value) => (start.value = value),
      (reason: unknown) => {
        if (!stop.signal.aborted) error.value = reason;
      },
    );
    return () => stop.abort();
  }, [address]);
  return (
    <aside class="node-panel" aria-label={`Artifact ${found.artifact.name}`}>
      <button type="button" class="sliding-close" aria-label="Close the artifact" onClick={onClose}>
        <Icon name="cross" />
      </button>
      <h2 class="node-title">{found.file}</h2>
      <Facts
        rows={[
          ['Artifact', found.artifact.name],
          [found.direction === 'outputs' ? 'Output of' : 'Input of', found.node.displayName ?? found.node.name],
          ['Path', found.artifact.path],
          ['Key', found.key],
          ['Type', start.value?.type],
        ]}
      />
      <p class="node-buttons">
        <a class="pill" data-plain href={address} download>
          <Icon name="file" /> Download
        </a>
      </p>
      <ErrorNotice error={error.value} />
      {start.value !== undefined && <Preview start={start.value} address={address} name={found.file} />}
      {start.value === undefined && error.value === undefined && <p role="status">Loading...</p>}
    </aside>
  );
}

function Preview({ start, address, name }: { start: FileStart; address: string; name: string }): JSX.Element {
  if (start.type.startsWith('image/')) return <img class="artifact-image" src={address} alt={name} />;
  if (start.text === undefined) return <p class="quiet">This is no text: download it to look into it.</p>;
  return (
    <>
      <h3>{start.whole ? 'Content' : 'Its beginning'}</h3>
      <pre class="artifact-text" tabIndex={0}>
        {start.text}
      </pre>
    </>
  );
}
