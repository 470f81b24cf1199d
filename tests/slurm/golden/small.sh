#!/bin/bash
#SBATCH --job-name=status_quo
#SBATCH --array=0-3
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=4:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
#SBATCH --chdir=/home/ann
#SBATCH --output=runs/first/logs/slurm-%A_%a.log

# Made by supplyshock VERSION. Submit it, again if need be; what is done is kept:
#   sbatch job.sh

shard=$((${1:-0} + SLURM_ARRAY_TASK_ID + 1))
signalled='' cancelled='' run=''

# USR1 comes to this shell alone, before the time limit: the run ends the blocks in hand and exits with 75.
# TERM (cancelled, preempted, requeued) comes to all processes, and Slurm has decided what follows.
trap 'signalled=yes; kill -USR1 "$run" 2>/dev/null' USR1
trap 'signalled=yes; cancelled=yes' TERM

/opt/env/bin/supplyshock run status_quo --paths 1000000 --out runs/first --shard "$shard/4" &
run=$!
wait "$run"
code=$?
while [[ $signalled && $code -gt 128 ]]; do # a trap ended the wait, not the run
    signalled=''
    wait "$run"
    code=$?
done

# 138: the signal came before the run could take it
if [[ ($code -eq 75 || $code -eq 138) && ! $cancelled ]]; then
    if [[ ${SLURM_RESTART_COUNT:-0} -lt 1000 ]]; then
        echo "shard $shard of 4: stopped in time, queued again" >&2
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    else
        echo "shard $shard of 4: queued 1000 times already; submit the script again to go on" >&2
    fi
fi
exit "$code"
