<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Task;

use Magento\Backend\Block\Template;
use Magento\Backend\Block\Template\Context;
use Magento\Framework\Phrase;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Push\Tasks;

/**
 * A task with its counts and its products: those that need the merchant first.
 */
class View extends Template
{
    private const A_PAGE = 100;
    /** In the order of what the merchant looks for. */
    private const OUTCOMES = ['needs_attention', 'failed', 'partly', 'ok', 'no_change', 'waiting', 'bug'];

    /** @var array<string, mixed>|null */
    private ?array $task = null;
    private string $problem = '';
    private bool $isAsked = false;

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        private readonly Client $client,
        private readonly Tasks $tasks,
        array $data = []
    ) {
        parent::__construct($context, $data);
    }

    public function getTaskTitle(): Phrase
    {
        $row = $this->tasks->row($this->taskId());
        return $row === null ? __('TikTok Shop task %1', $this->taskId()) : __('%1: details', Tasks::title((string) $row['kind']));
    }

    /**
     * The task as the hub has it; null where it could not be asked.
     *
     * @return array<string, mixed>|null
     */
    public function getTask(): ?array
    {
        if (!$this->isAsked) {
            $this->isAsked = true;
            try {
                $this->task = $this->client->get('tasks/' . rawurlencode($this->taskId()));
            } catch (HubException $error) {
                $this->problem = $error->getMessage();
            }
        }
        return $this->task;
    }

    public function getProblem(): string
    {
        $this->getTask();
        return $this->problem;
    }

    /**
     * The counts, as words and numbers.
     *
     * @return list<array{label: string, count: int, outcome: string}>
     */
    public function getCounts(): array
    {
        $progress = (array) ($this->getTask()['progress'] ?? []);
        return [
            ['label' => (string) __('Asked for'), 'count' => (int) ($progress['asked'] ?? 0), 'outcome' => ''],
            ['label' => (string) __('Done'), 'count' => (int) ($progress['ok'] ?? 0), 'outcome' => 'ok'],
            ['label' => (string) __('Nothing to change'), 'count' => (int) ($progress['no_change'] ?? 0), 'outcome' => 'no_change'],
            ['label' => (string) __('Need you'), 'count' => (int) ($progress['needs_attention'] ?? 0), 'outcome' => 'needs_attention'],
            ['label' => (string) __('Failed'), 'count' => (int) ($progress['failed'] ?? 0), 'outcome' => 'failed'],
            ['label' => (string) __('Waiting'), 'count' => (int) ($progress['waiting'] ?? 0), 'outcome' => 'waiting'],
        ];
    }

    /**
     * A page of products, those that need the merchant first where no outcome is asked for.
     *
     * @return array{items: list<array<string, mixed>>, next: string}
     */
    public function getItems(): array
    {
        if ($this->getTask() === null) {
            return ['items' => [], 'next' => ''];
        }
        $query = ['limit' => self::A_PAGE, 'cursor' => (string) $this->getRequest()->getParam('cursor', ''), 'outcome' => $this->getOutcome()];
        try {
            $answer = $this->client->get('tasks/' . rawurlencode($this->taskId()) . '/items', $query);
        } catch (HubException $error) {
            $this->problem = $error->getMessage();
            return ['items' => [], 'next' => ''];
        }
        $items = array_values((array) ($answer['items'] ?? []));
        $rank = array_flip(self::OUTCOMES);
        usort($items, static fn (array $one, array $other): int => ($rank[$one['outcome']] ?? 9) <=> ($rank[$other['outcome']] ?? 9));
        return ['items' => $items, 'next' => (string) ($answer['next'] ?? '')];
    }

    /**
     * Which outcome is shown; '' for all.
     */
    public function getOutcome(): string
    {
        $asked = (string) $this->getRequest()->getParam('outcome', '');
        return in_array($asked, self::OUTCOMES, true) ? $asked : '';
    }

    public function getPageUrl(string $outcome, string $cursor = ''): string
    {
        return $this->getUrl('shopbridge/task/view', array_filter(['id' => $this->taskId(), 'outcome' => $outcome, 'cursor' => $cursor]));
    }

    public function getProductUrl(string $productId): string
    {
        return $this->getUrl('catalog/product/edit', ['id' => $productId]);
    }

    public function getBackUrl(): string
    {
        return $this->getUrl('catalog/product/index');
    }

    /**
     * The outcome in words, with its mark.
     *
     * @return array{says: string, kind: string}
     */
    public function getOutcomeSays(string $outcome): array
    {
        return match ($outcome) {
            'ok' => ['says' => (string) __('Done'), 'kind' => 'ok'],
            'no_change' => ['says' => (string) __('Nothing to change'), 'kind' => 'off'],
            'partly' => ['says' => (string) __('Partly done'), 'kind' => 'need'],
            'needs_attention' => ['says' => (string) __('Needs you'), 'kind' => 'need'],
            'waiting' => ['says' => (string) __('Waiting'), 'kind' => 'move'],
            default => ['says' => (string) __('Failed'), 'kind' => 'stop'],
        };
    }

    private function taskId(): string
    {
        $id = (string) $this->getRequest()->getParam('id');
        return preg_match('/^[0-9]{1,18}$/D', $id) ? $id : '0';
    }
}
