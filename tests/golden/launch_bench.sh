# plan 0123456789abcdef: A plan for tests.
# run each against one replica, then: gpumix measure import FILE.json

# line 1: 2 x p5.48xlarge, aws us-east-1, on_demand; 3 x awq-int4 on vllm, tp 4 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-70B-Instruct in AWQ INT4, and name it with --checkpoint: the repository itself does not hold that format
# predicted for one replica: 40 (30 to 50) tok/s per user, first token 0.8 (0.5 to 1.5) s, 25 (20 to 33) ms per token, 600 (500 to 700) tok/s in all

vllm bench serve --ignore-eos --save-result \
  --backend openai \
  --base-url http://REPLICA_ADDRESS:8000 \
  --model meta-llama/Llama-3.1-70B-Instruct \
  --dataset-name random \
  --random-input-len 512 \
  --random-output-len 128 \
  --request-rate 1 \
  --num-prompts 120 \
  --percentile-metrics ttft,tpot,itl,e2el \
  --metric-percentiles 50,90,95,99 \
  --result-filename line-1-size-1.json \
  --metadata gpu=H100-SXM-80GB gpu_count=4 nodes=1 tp=4 pp=1 quantization=awq-int4 kv_cache_dtype=auto engine=vllm model=llama-3.1-70b

# line 2: on the instances of line 1, aws us-east-1, on_demand; 2 x awq-int4 on sglang, tp 2 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-70B-Instruct in AWQ INT4, and name it with --checkpoint: the repository itself does not hold that format
# predicted for one replica: 40 (30 to 50) tok/s per user, first token 0.8 (0.5 to 1.5) s, 25 (20 to 33) ms per token, 600 (500 to 700) tok/s in all

vllm bench serve --ignore-eos --save-result \
  --backend openai \
  --base-url http://REPLICA_ADDRESS:8000 \
  --model meta-llama/Llama-3.1-70B-Instruct \
  --dataset-name random \
  --random-input-len 8000 \
  --random-output-len 192 \
  --request-rate 0.5 \
  --num-prompts 100 \
  --percentile-metrics ttft,tpot,itl,e2el \
  --metric-percentiles 50,90,95,99 \
  --result-filename line-2-size-1.json \
  --metadata gpu=H100-SXM-80GB gpu_count=2 nodes=1 tp=2 pp=1 quantization=awq-int4 kv_cache_dtype=fp8_e4m3 engine=sglang model=llama-3.1-70b
