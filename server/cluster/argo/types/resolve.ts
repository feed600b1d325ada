import type { Invocation, Metadata, Template, TemplateRef, WorkflowSpec } from './workflow.ts';
import { templateTypeOf } from './template.ts';

/** Reads templates of other objects; undefined when there is none of that name. */
export interface TemplateGetters {
  workflowTemplate(name: string): { spec: WorkflowSpec } | undefined;
  clusterWorkflowTemplate(name: string): { spec: WorkflowSpec } | undefined;
}

export const noTemplates: TemplateGetters = { workflowTemplate: () => undefined, clusterWorkflowTemplate: () => undefined };

/** A template or the object that it should be in does not exist. */
export class TemplateNotFound extends Error {
  override readonly name = 'TemplateNotFound';
}

/** An object that holds templates, and how its scope is called: `local/wf`, `namespaced/tmpl`, `cluster/tmpl`. */
export interface TemplateBase {
  scope: 'local' | 'namespaced' | 'cluster';
  name: string;
  spec: Pick<WorkflowSpec, 'templates' | 'podMetadata' | 'templateDefaults'>;
}

/** What says which template to run: a step, a task, a hook, or an entrypoint's name. */
export type Holder = Pick<Invocation, 'template' | 'templateRef' | 'inline'>;

/** Templates that a workflow has met and keeps: they do not change under it. */
export interface StoredTemplates {
  get(id: string): Template | undefined;
  set(id: string, template: Template): void;
}

export const storesNothing: StoredTemplates = { get: () => undefined, set() {} };

/** Where a search for templates stands. After argo-workflows v3.7.6 workflow/templateresolution/context.go */
export class TemplateContext {
  constructor(
    readonly base: TemplateBase,
    readonly getters: TemplateGetters,
    readonly stored: StoredTemplates = storesNothing,
  ) {}

  get scope(): string {
    return `${this.base.scope}/${this.base.name}`;
  }

  byName(name: string): Template {
    const template = this.base.spec.templates?.find((candidate) => candidate.name === name);
    if (template === undefined) throw new TemplateNotFound(`template ${name} not found`);
    return withPodMetadata(template, this.base.spec.podMetadata);
  }

  /** The template that a holder names, and the context that its own references are looked up in. */
  resolve(holder: Holder): { context: TemplateContext; template: Template } {
    const id = this.#storageId(holder);
    let template = id === undefined ? undefined : this.stored.get(id);
    if (template === undefined) {
      template = this.#find(holder);
      if (id !== undefined) this.stored.set(id, template);
    }
    const context = this.#contextOf(holder.templateRef);
    if (templateTypeOf(template) === 'Unknown') throw new Error(`template '${template.name ?? ''}' type is unknown`);
    return { context, template };
  }

  #find(holder: Holder): Template {
    if (holder.inline !== undefined) return holder.inline;
    if (holder.templateRef !== undefined) return this.#fromRef(holder.templateRef);
    if (holder.template !== undefined) return this.byName(holder.template);
    throw new Error('failed to get a template');
  }

  #fromRef(ref: TemplateRef): Template {
    const owner = this.#owner(ref);
    if (owner === undefined) throw new TemplateNotFound(`workflow template ${ref.name ?? ''} not found`);
    const template = owner.spec.templates?.find((candidate) => candidate.name === ref.template);
    if (template === undefined) throw new TemplateNotFound(`template ${ref.template ?? ''} not found in workflow template ${ref.name ?? ''}`);
    return withPodMetadata(template, owner.spec.podMetadata);
  }

  #owner(ref: TemplateRef): { spec: WorkflowSpec } | undefined {
    return ref.clusterScope === true ? this.getters.clusterWorkflowTemplate(ref.name ?? '') : this.getters.workflowTemplate(ref.name ?? '');
  }

  #contextOf(ref: TemplateRef | undefined): TemplateContext {
    if (ref === undefined) return this;
    const scope = ref.clusterScope === true ? 'cluster' : 'namespaced';
    const owner = this.#owner(ref);
    if (owner === undefined) {
      const kind = ref.clusterScope === true ? 'clusterworkflowtemplate' : 'workflowtemplate';
      throw new TemplateNotFound(`${kind}.argoproj.io ${JSON.stringify(ref.name ?? '')} not found`);
    }
    return new TemplateContext({ scope, name: ref.name ?? '', spec: owner.spec }, this.getters, this.stored);
  }

  #storageId(holder: Holder): string | undefined {
    if (holder.templateRef !== undefined) {
      const scope = holder.templateRef.clusterScope === true ? 'cluster' : 'namespaced';
      return `${scope}/${holder.templateRef.name ?? ''}/${holder.templateRef.template ?? ''}`;
    }
    if (this.base.scope === 'local' || holder.template === undefined) return undefined;
    return `${this.scope}/${holder.template}`;
  }
}

function withPodMetadata(template: Template, metadata: Metadata | undefined): Template {
  if (metadata === undefined) return template;
  return {
    ...template,
    metadata: {
      annotations: { ...template.metadata.annotations, ...metadata.annotations },
      labels: { ...template.metadata.labels, ...metadata.labels },
    },
  };
}
