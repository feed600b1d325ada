// Prints, as JSON, what Go's struct tags say about every kind that a Kubernetes API server serves.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"

	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var served = map[string]bool{
	"v1": true, "apps/v1": true, "batch/v1": true, "autoscaling/v1": true, "autoscaling/v2": true,
	"networking.k8s.io/v1": true, "policy/v1": true, "rbac.authorization.k8s.io/v1": true, "scheduling.k8s.io/v1": true,
	"storage.k8s.io/v1": true, "coordination.k8s.io/v1": true, "discovery.k8s.io/v1": true, "events.k8s.io/v1": true,
	"certificates.k8s.io/v1": true, "authentication.k8s.io/v1": true, "authorization.k8s.io/v1": true,
	"admissionregistration.k8s.io/v1": true, "node.k8s.io/v1": true, "flowcontrol.apiserver.k8s.io/v1": true,
	"apiextensions.k8s.io/v1": true, "apiregistration.k8s.io/v1": true,
}

var opaque = map[string]string{
	"resource.Quantity": "Q", "intstr.IntOrString": "X", "v1.Time": "T", "v1.MicroTime": "M", "v1.Duration": "D",
	"runtime.RawExtension": "R", "v1.FieldsV1": "R", "v1.JSON": "J", "v1.JSONSchemaPropsOrBool": "J",
	"v1.JSONSchemaPropsOrArray": "J", "v1.JSONSchemaPropsOrStringArray": "J",
}

type Type struct {
	Package string   `json:"package"`
	Name    string   `json:"name"`
	Fields  [][]any  `json:"fields"`
}

var types = map[string]*Type{}

func key(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	return strings.Join(parts[len(parts)-2:], "/") + "." + t.Name()
}

func describe(t reflect.Type) string {
	if code, ok := opaque[t.String()]; ok {
		return code
	}
	named := ""
	if t.PkgPath() != "" {
		named = ":" + t.String()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.String:
		return "s" + named
	case reflect.Bool:
		return "b" + named
	case reflect.Int32:
		return "i" + named
	case reflect.Int64, reflect.Int:
		return "l" + named
	case reflect.Float64:
		return "f"
	case reflect.Uint8:
		return "u"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y" + named
		}
		if named != "" {
			return "[]" + describe(t.Elem()) + " " + t.String()
		}
		return "[]" + describe(t.Elem())
	case reflect.Map:
		k := ""
		if t.Key().PkgPath() != "" {
			k = t.Key().String()
		}
		if named != "" {
			return "{" + k + "}" + describe(t.Elem()) + " " + t.String()
		}
		return "{" + k + "}" + describe(t.Elem())
	case reflect.Struct:
		visit(t)
		return "@" + key(t)
	}
	panic(t.String())
}

func visit(t reflect.Type) {
	k := key(t)
	if types[k] != nil {
		return
	}
	out := &Type{Package: t.PkgPath(), Name: t.Name(), Fields: [][]any{}}
	types[k] = out
	collect(t, out)
}

func collect(t reflect.Type, out *Type) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		tag := strings.Split(f.Tag.Get("json"), ",")
		number := 0
		if p := strings.Split(f.Tag.Get("protobuf"), ","); len(p) > 1 {
			number, _ = strconv.Atoi(p[1])
		}
		inline := len(tag) > 1 && tag[1] == "inline" || f.Anonymous && tag[0] == ""
		if inline {
			if number == 0 {
				collect(f.Type, out)
				continue
			}
			visit(f.Type)
			out.Fields = append(out.Fields, []any{"", "@" + key(f.Type), number, "n", f.Name})
			continue
		}
		if tag[0] == "" || tag[0] == "-" {
			continue
		}
		flags := ""
		for _, option := range tag[1:] {
			if option == "omitempty" {
				flags += "o"
			}
		}
		if f.Type.Kind() == reflect.Pointer {
			flags += "p"
		}
		row := []any{tag[0], describe(f.Type), number, flags}
		if s := f.Tag.Get("patchStrategy"); s != "" {
			row = append(row, s)
			if m := f.Tag.Get("patchMergeKey"); m != "" {
				row = append(row, m)
			}
		}
		out.Fields = append(out.Fields, row)
	}
}

func main() {
	extensions.AddToScheme(scheme.Scheme)
	aggregation.AddToScheme(scheme.Scheme)
	_ = autoscalingv1.Scale{}
	kinds := map[string]string{}
	add := func(gvk schema.GroupVersionKind, t reflect.Type) {
		if gvk.Version == "__internal" || !served[gvk.GroupVersion().String()] {
			return
		}
		if strings.HasSuffix(gvk.Kind, "List") && gvk.Kind != "PodStatusResultList" || t.PkgPath() == "k8s.io/apimachinery/pkg/apis/meta/v1" && gvk.Kind != "Status" && gvk.Kind != "DeleteOptions" {
			return
		}
		visit(t)
		kinds[gvk.GroupVersion().String()+" "+gvk.Kind] = key(t)
	}
	all := scheme.Scheme.AllKnownTypes()
	names := []schema.GroupVersionKind{}
	for gvk := range all {
		names = append(names, gvk)
	}
	sort.Slice(names, func(i, j int) bool { return names[i].String() < names[j].String() })
	for _, gvk := range names {
		add(gvk, all[gvk])
	}
	for _, v := range []any{metav1.DeleteOptions{}, metav1.CreateOptions{}, metav1.PatchOptions{}, metav1.ListMeta{}} {
		visit(reflect.TypeOf(v))
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"kinds": kinds, "types": types})
}
