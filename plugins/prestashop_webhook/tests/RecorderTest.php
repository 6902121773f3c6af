<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Event\Recorder;
use Shopbridge\Event\Subject;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\WebhookUrl;
use Shopbridge\Tests\Fakes\FileDatabase;
use Shopbridge\Tests\Fakes\MemoryConfig;
use Shopbridge\Tests\Fakes\TurningCipher;

/**
 * What a hook writes: one row per type and subject in a request, and nothing else.
 */
final class RecorderTest extends TestCase
{
    const URL = 'https://hub.example/hooks/prestashop/AbCdEfGhIjKlMnOpQrStUv#whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';

    /** @var FileDatabase */
    private $database;
    /** @var Settings */
    private $settings;
    /** @var Recorder */
    private $recorder;

    protected function setUp(): void
    {
        $this->database = new FileDatabase(':memory:');
        $this->settings = new Settings(new MemoryConfig([1, 2]), new TurningCipher());
        $this->settings->join(WebhookUrl::parse(self::URL), 1, 1795780800);
        $this->recorder = new Recorder($this->database, $this->settings);
    }

    /**
     * @return string[] type, subject and variant of each row
     */
    private function rows(): array
    {
        return array_map(static function (array $row): string {
            return trim($row['type'] . ' ' . $row['subject'] . ' ' . $row['variant']);
        }, $this->database->rows('SELECT * FROM outbox ORDER BY id_outbox'));
    }

    public function testASaveThatFiresADozenHooksIsOneInsert(): void
    {
        for ($i = 0; $i < 12; ++$i) {
            $this->recorder->record('product.saved', new Subject('product', 42, 0, $i === 0 ? 'MUG' : ''), [1]);
        }

        self::assertSame(['product.saved 42'], $this->rows());
        self::assertSame(1, $this->database->statements);
    }

    public function testEachTypeAndSubjectHasARowOfItsOwn(): void
    {
        $this->recorder->record('product.saved', new Subject('product', 42), [1]);
        $this->recorder->record('price.changed', new Subject('product', '42'), [1]);
        $this->recorder->record('product.saved', new Subject('product', 43), [1]);

        self::assertSame(['product.saved 42', 'price.changed 42', 'product.saved 43'], $this->rows());
    }

    public function testTheTotalRowOfCombinationsSaysNothingOfItsOwn(): void
    {
        $this->recorder->record('stock.changed', new Subject('product', 42, 57), [1]);
        $this->recorder->record('stock.changed', new Subject('product', 42, 0), [1]);
        $this->recorder->record('stock.changed', new Subject('product', 42, 58), [1]);
        $this->recorder->record('stock.changed', new Subject('product', 43, 0), [1]);

        self::assertSame(['stock.changed 42 57', 'stock.changed 42 58', 'stock.changed 43'], $this->rows());
    }

    public function testWhatWasDeletedIsNotSavedByWhatIsTidiedUpAfterIt(): void
    {
        $this->recorder->record('product.deleted', new Subject('product', 42, 0, 'MUG'), [1]);
        $this->recorder->record('product.saved', new Subject('product', 42), [1]);

        self::assertSame(['product.deleted 42'], $this->rows());
    }

    public function testShopsWithoutAUrlAndFamiliesThatAreOffCostNothing(): void
    {
        $this->settings->switchOff(['stock'], 1);
        $this->recorder->record('product.saved', new Subject('product', 42), [2]);
        $this->recorder->record('stock.changed', new Subject('product', 42), [1]);

        self::assertSame(0, $this->database->statements);
    }

    public function testARowNamesItsRequestUntilNothingMoreFollows(): void
    {
        $ran = 0;
        $this->recorder->whenOver(static function () use (&$ran): void {
            ++$ran;
        });
        $this->recorder->record('product.saved', new Subject('product', 42), [1]);
        self::assertSame((string) getmypid(), $this->database->value('SELECT request FROM outbox'));

        $this->recorder->over();
        self::assertSame([1, 1], [$ran, $this->database->statements], 'the end of a request writes nothing');
        $this->recorder->settle();
        self::assertSame('0', $this->database->value('SELECT request FROM outbox'));
    }

    public function testALongRequestTellsAgainBeforeItsFirstRowCountsAsSettled(): void
    {
        self::assertLessThan(Recorder::SETTLED, Recorder::AGAIN);
    }

    public function testAFailureAtTheEndOfARequestStaysWithUs(): void
    {
        $ran = 0;
        $this->recorder->whenOver(static function () use (&$ran): void {
            ++$ran;
            throw new \RuntimeException('server has gone away');
        });
        $before = ini_set('error_log', '/dev/null');
        $this->recorder->over();
        ini_set('error_log', (string) $before);

        self::assertSame(1, $ran);
    }

    /**
     * Each statement is committed by itself: a process that dies at its insert leaves the rows before it, no part of its own,
     * and nothing that stops the next request. What was lost is found by the hub's comparison of digests.
     */
    public function testPhpKilledBetweenHookAndInsertLeavesNothingHalfDone(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'outbox');
        $child = 'define("_PS_VERSION_", "9"); define("_DB_PREFIX_", "ps_"); require $argv[1] . "/bootstrap.php";
            $database = new Shopbridge\Tests\Fakes\FileDatabase($argv[2]);
            $settings = new Shopbridge\Settings\Settings(new Shopbridge\Tests\Fakes\MemoryConfig([1]), new Shopbridge\Tests\Fakes\TurningCipher());
            $settings->join(Shopbridge\Settings\WebhookUrl::parse($argv[3]), 1, 1795780800);
            $recorder = new Shopbridge\Event\Recorder($database, $settings);
            $recorder->record("product.saved", new Shopbridge\Event\Subject("product", $argv[4]), [1]);
            if ($argv[5] !== "") { $database->before = function () { posix_kill(posix_getpid(), SIGKILL); }; }
            $recorder->record("stock.changed", new Shopbridge\Event\Subject("product", $argv[4]), [1]);
            echo "survived";';
        $run = static function (string $product, string $kill) use ($child, $file): string {
            $command = implode(' ', array_map('escapeshellarg', [PHP_BINARY, '-d', 'error_reporting=0', '-r', $child, '--', __DIR__, $file, self::URL, $product, $kill]));

            return (string) shell_exec($command . ' 2>/dev/null');
        };
        self::assertSame('', $run('42', 'kill'));
        $this->database = new FileDatabase($file);
        self::assertSame(['product.saved 42'], $this->rows());
        self::assertNotSame((string) getmypid(), $this->database->value('SELECT request FROM outbox'));

        self::assertSame('survived', $run('43', ''));
        self::assertSame(['product.saved 42', 'product.saved 43', 'stock.changed 43'], $this->rows());
        unlink($file);
    }
}
