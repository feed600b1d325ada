// Watches ConfigMaps with a shared informer while writing them, and prints what the informer saw: the client that
// controllers are made of.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	if len(os.Args) > 1 && os.Args[1] == "protobuf" {
		config.ContentType = "application/vnd.kubernetes.protobuf"
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	name := fmt.Sprintf("go-%d", len(os.Args))
	_, err = client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	check(err)

	events := make(chan string, 100)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(name))
	informer := factory.Core().V1().ConfigMaps().Informer()
	tell := func(kind string, object any) {
		if m, ok := object.(*corev1.ConfigMap); ok && m.Name == "c" {
			events <- fmt.Sprintf("%s %s", kind, m.Data["n"])
		}
	}
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { tell("add", o) },
		UpdateFunc: func(_, o any) { tell("update", o) },
		DeleteFunc: func(o any) { tell("delete", o) },
	})
	check(err)
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		panic("the cache did not sync")
	}
	maps := client.CoreV1().ConfigMaps(name)
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Data: map[string]string{"n": "1"}}, metav1.CreateOptions{})
	check(err)
	check(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		m, err := maps.Get(ctx, "c", metav1.GetOptions{})
		if err != nil {
			return err
		}
		m.Data["n"] = "2"
		_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
		return err
	}))
	_, err = maps.Patch(ctx, "c", types.StrategicMergePatchType, []byte(`{"data":{"n":"3"}}`), metav1.PatchOptions{})
	check(err)
	check(maps.Delete(ctx, "c", metav1.DeleteOptions{}))
	for i := 0; i < 4; i++ {
		select {
		case event := <-events:
			fmt.Println(event)
		case <-ctx.Done():
			panic("an event is missing")
		}
	}
	_, err = maps.Get(ctx, "c", metav1.GetOptions{})
	fmt.Println("not found:", apierrors.IsNotFound(err))
	check(client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
}
