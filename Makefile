# Each target does its own set-up on a bare Debian 12 with Node 20; see tools/setup.sh.
.PHONY: build lint generate test sandbox demo bench chart down clean

setup := tools/setup.sh

build:            ## compiles to dist/
	@$(setup) packages modules
	@npm run --silent build

lint:             ## types, lint, format, scripts, and that what is generated is up to date
	@$(setup) packages modules
	@npm run --silent check
	@npm run --silent lint
	@npm run --silent generate -- --check

generate:         ## types and reference pages from schemas and tables
	@$(setup) modules
	@npm run --silent generate

test:             ## everything: units, simulation, real etcd, real machines
	@$(setup) packages modules docker machine bed
	@tools/test.sh

sandbox:          ## the image of sandbox machines, and a registry with the images of the talk
	@$(setup) packages docker machine bed

demo: build       ## the talk's Application Blueprint 1 on three real machines
	@$(setup) docker machine bed
	@tools/demo.sh up

bench:            ## the benchmarks, as a table and as JSON
	@$(setup) docker machine bed
	@npm run --silent bench

chart:            ## helm lint, and helm template of the chart's variants
	@tools/chart.sh

down:             ## stops and removes what demo, sandbox and test left, with all sandbox machines
	@tools/demo.sh down
	@tools/down.sh

clean:            ## down, and also the caches: images, packages, build output
	@tools/demo.sh down
	@tools/down.sh --images
	@rm -rf dist .cache node_modules
